"""Every network's recipe on a GPU, and the sizes from which it pays; written to
data/gpu.json, which the chapter on scale prints.

The losses of each trained model on the GPU and on the processor have to be equal to
1e-3, or nothing is written, and the exit status is 1."""
import argparse, datetime, json, platform, sys, time
from pathlib import Path
import torch
from makemore_lit.corpora import load_corpus, write_atomic
from makemore_lit.counts import count_contexts, nll
from makemore_lit.data import Vocab, seeded, split_words
from makemore_lit.descent import autograd
from makemore_lit.mlp import MLP
from makemore_lit.results import RECIPES, trained

ROOT = Path(__file__).resolve().parent.parent
NETWORKS = [name for name,(_, _, fitting) in RECIPES.items() if fitting]
SIZES = 155, 620, 2480, 9920  # hidden units of an MLP
EQUAL = 1e-3  # nats per character


def finished(device):
    "Wait until the device has done all that it was given"
    if device=='cuda': torch.cuda.synchronize()


def recipe_row(name, device, words):
    "A recipe trained on the device: its loss there and here, its time and its memory"
    train, dev, _ = split_words(words)
    if device=='cuda': torch.cuda.reset_peak_memory_stats()
    start = time.perf_counter()
    model = trained(RECIPES[name], train, Vocab(words), device=device)
    finished(device)
    seconds = time.perf_counter() - start
    memory = torch.cuda.max_memory_allocated() if device=='cuda' else None
    there = nll(model, dev)
    return dict(model=name, parameters=model.n_params, dev=there,
                dev_on_cpu=nll(model.to('cpu'), dev), seconds=seconds, peak_bytes=memory)


def step_seconds(n_hidden, device, words, repeat=5):
    "The time of a step of an MLP on all rows, the least of several"
    train, vocab = split_words(words)[0], Vocab(words)
    model = MLP(vocab, n_hidden=n_hidden, g=seeded()).to(device)
    x, n = (t.to(device) for t in count_contexts(train, vocab, 3)[:])
    optimizer = torch.optim.AdamW(model.parameters())
    times = []
    for _ in range(repeat + 1):
        start = time.perf_counter()
        autograd(model.train(), x, n)
        optimizer.step()
        finished(device)
        times.append(time.perf_counter() - start)
    return min(times[1:])


def measured(device, words, networks=NETWORKS, sizes=SIZES):
    "All that is written"
    card = torch.cuda.get_device_name() if device=='cuda' else platform.processor()
    return dict(card=card or device, date=str(datetime.date.today()),
                torch=torch.__version__, cuda=torch.version.cuda,
                corpus=words.name, threads=torch.get_num_threads(),
                recipes=[recipe_row(name, device, words) for name in networks],
                sizes=[dict(n_hidden=h, cpu_s=step_seconds(h, 'cpu', words),
                            device_s=step_seconds(h, device, words)) for h in sizes])


def unequal(found):
    "The recipes whose loss on the device isn't that of the processor"
    return [r['model'] for r in found['recipes']
            if not abs(r['dev'] - r['dev_on_cpu']) <= EQUAL]  # nor is what isn't finite


def main(argv=None):
    "Measure, write, and say what isn't equal"
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--device', default='cuda', help='cuda, or cpu for a try')
    parser.add_argument('--networks', nargs='+', default=NETWORKS, choices=NETWORKS)
    parser.add_argument('--sizes', nargs='+', type=int, default=SIZES)
    parser.add_argument('--out', type=Path, default=ROOT/'data'/'gpu.json')
    options = parser.parse_args(argv)
    if options.device=='cuda' and not torch.cuda.is_available():
        sys.exit('gpu: this machine has no GPU that torch can use')
    found = measured(options.device, load_corpus(), options.networks, options.sizes)
    if wrong := unequal(found): sys.exit(f'gpu: other losses than on the processor: {wrong}')
    write_atomic(options.out, (json.dumps(found, indent=1) + '\n').encode())
    print(options.out)


if __name__ == '__main__': main()
