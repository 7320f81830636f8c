"""`python -m makemore_lit {train,sample,eval,compare,merge} …`, and the scripts of the same
names; see chapter 13. From here on a signal ends the program without a traceback, even
while torch is imported; the commands put something better in its place."""
import os, signal, sys

def _quit(number, frame): os._exit(128 + number)

def _run(name=None):
    "A command by its short name, or the one that is named first in the shell"
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        # `nohup` wants to have SIGHUP ignored.
        ignored = number==signal.SIGHUP and signal.getsignal(number)==signal.SIG_IGN
        if not ignored: signal.signal(number, _quit)
    try: from . import cli
    except (ImportError, MemoryError, OSError) as e:
        # Other errors are faults of the program.
        if type(e) is not MemoryError and 'libtorch' not in str(e): raise
        print(f'makemore_lit: {str(e) or "no memory is left"}; it needs torch, and about '
              'a gigabyte of memory', file=sys.stderr)
        sys.exit(2)
    return cli.COMMANDS[name].main() if name else cli.main()

def train(): return _run('train')
def sample(): return _run('sample')
def evaluate(): return _run('eval')
def compare(): return _run('compare')
def merge(): return _run('merge')

if __name__ == '__main__': _run()
