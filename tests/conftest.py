"What the tests share: the tools can be imported; what is only measured is reported."
import importlib.util, sys
from pathlib import Path
import pytest

sys.path.append(str(Path(__file__).resolve().parent.parent/'tools'))
import page  # noqa: E402, which lies in tools/

MEASURED = pytest.StashKey[list]()


def pytest_addoption(parser):
    "The options of single files of tests"
    group = parser.getgroup('makemore_lit')
    group.addoption('--with', action='append', default=[], metavar='PACKAGE',
                    help='test the wheel with this package: a wheel, or fastcore>=2')
    group.addoption('--wheel', metavar='FILE',
                    help='test this wheel, and build none')
    group.addoption('--require-browser', action='store_true',
                    help='fail where Chromium or playwright is missing')


@pytest.fixture(scope='session')
def report(pytestconfig):
    "A function that takes a line for the end of the run: what was measured"
    return pytestconfig.stash.setdefault(MEASURED, []).append


@pytest.fixture(scope='session')
def browser(request):
    "Chromium; without it the tests are skipped, or fail with `--require-browser`"
    if not importlib.util.find_spec('playwright') or not page.executable():
        missing = ('not tested in a browser: that needs playwright for Python and '
                   'Chromium (Debian: apt-get install chromium)')
        required = request.config.getoption('--require-browser')
        (pytest.fail if required else pytest.skip)(missing)
    with page.chromium() as found: yield found


def pytest_terminal_summary(terminalreporter, config):
    "Print what was measured"
    for line in dict.fromkeys(config.stash.get(MEASURED, [])):
        terminalreporter.write_line(line)
