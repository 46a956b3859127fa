"""Drawings of section 7: what the models of the course show when they are broken on purpose."""

from __future__ import annotations

import math

import torch
import torch.nn as nn
import torch.nn.functional as F
from drawing import BLUE, GREY, INK, ORANGE, PALE, SIZE, Canvas, chart
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

torch.set_num_threads(1)

SMALL = SIZE - 1.3
LINE = 0.26  # inches, of a line on a screen


def _screen(*lines, names=(0,), width=5.4):
    """Lines as a terminal shows them; those whose numbers are in ``names`` name the columns."""
    height = LINE * len(lines) + 0.26
    canvas = Canvas(width, height)
    paper = {"facecolor": PALE[GREY], "edgecolor": GREY, "lw": 0.8}
    canvas.axes.add_patch(Rectangle((0.04, 0.04), width - 0.08, height - 0.08, **paper))
    for place, line in enumerate(lines):
        y, color = height - 0.13 - LINE * (place + 0.5), GREY if place in names else INK
        canvas.text(0.2, y, line, color, SIZE + 0.5, ha="left", family="DejaVu Sans Mono")
    return canvas.figure


def _norm(model):
    """The norm of the gradient of all parameters."""
    return torch.stack([p.grad.norm() for p in model.parameters()]).norm().item()


def _training(model, optimizer, batches, loss_of):
    """The loss and the norm of the gradient at each step."""
    for X, Y in batches:
        loss = loss_of(model, X, Y)
        optimizer.zero_grad()
        loss.backward()
        norm = _norm(model)
        optimizer.step()
        yield loss.item(), norm


def first_loss(TinyTransformer, train_rows, vocab_size, with_seed, lm_loss, train_lm):
    """The output layer is tied to embeddings that start at N(0, 1)."""
    model = with_seed(0, lambda: TinyTransformer(vocab_size))
    model.lm.weight = model.token.weight
    with torch.no_grad():
        losses = [lm_loss(model, *train_rows).item()]
        told = model(train_rows[0]).argmax(-1)
    assert 13.5 < losses[0] / math.log(vocab_size) < 14.5, "the text says: fourteen times ln V"
    assert (told == train_rows[0]).float().mean() > 0.99, "the text says: it repeats what it has read"
    train_lm(model, *train_rows, steps=100, every=1, watch=lambda step, loss: losses.append(loss))
    figure, axes = chart(5.6, 2.7, "шаг", "нат на символ")
    axes.plot(losses, color=BLUE)
    axes.plot(0, losses[0], "o", color=BLUE, ms=4)
    axes.text(6, losses[0], f"до обучения {losses[0]:.1f}", va="center", size=SIZE)
    axes.set_title("обучающая ошибка", size=SIZE)
    axes.set_ylim(0, losses[0] * 1.08)
    return figure


def still(TinyTransformer, train_rows, held_rows, vocab_size, with_seed, batch_lm, lm_loss, evaluate_lm):
    """The optimiser was made for a model that was built anew afterwards."""
    former, model = (with_seed(seed, lambda: TinyTransformer(vocab_size, C=32, H=2)) for seed in (0, 1))
    optimizer = torch.optim.AdamW(former.parameters(), lr=6e-3)
    draws = torch.Generator().manual_seed(0)
    batches = (batch_lm(*train_rows, 64, draws) for _ in range(50))
    lines, norms = ["шаг  обучающая      отложенная   норма", "     нат на символ  нат на имя   градиента"], []
    for step, (loss, norm) in enumerate(_training(model, optimizer, batches, lm_loss), 1):
        norms.append(norm)
        if step % 10 == 0:
            lines.append(f"{step:3}  {loss:<14.4f} {evaluate_lm(model, *held_rows):<12.4f} {norm:.1f}")
    assert all(0.95 < norms[step - 1] / norms[9] * 10 / step < 1.05 for step in (20, 30, 40, 50)), "a straight line"
    return _screen(*lines, names=(0, 1))


def spike(TinyTransformer, train_rows, vocab_size, with_seed, batch_lm, lm_loss):
    """The warm-up has no end: the step grows for ever."""
    model = with_seed(0, lambda: TinyTransformer(vocab_size, H=2))
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: (step + 1) / 10)
    draws, losses, norms = torch.Generator().manual_seed(0), [], []
    batches = (batch_lm(*train_rows, 64, draws) for _ in range(300))
    for loss, norm in _training(model, optimizer, batches, lm_loss):
        schedule.step()
        losses.append(loss)
        norms.append(norm)
    first = next(step for step, loss in enumerate(losses[50:], 50) if loss > math.log(vocab_size))
    assert first > 200 and min(losses[first:]) > math.log(vocab_size) / 2, "the text says: at over 20 times the step"
    assert min(losses[250:]) > 10, "the text says: above 10 to the end"
    assert 1.3 < max(losses[80:110]) < math.log(vocab_size) and max(losses[120:200]) < 1.3, "the text says: one before"
    figure = Figure((5.8, 2.5), layout="constrained")
    panels = zip(figure.subplots(1, 2), (losses, norms), ("ошибка, нат на символ", "норма градиента"), strict=True)
    for axes, values, title in panels:
        axes.plot(values, color=BLUE, lw=1)
        axes.set_title(title, size=SIZE)
        axes.set(xlabel="шаг", yscale="log", ylim=(0.25, 80))
        axes.minorticks_off()
        axes.set_yticks([0.5, 1, 3, 10, 30], ["0.5", "1", "3", "10", "30"])
        axes.spines[["top", "right"]].set_visible(False)
    return figure


def now_and_then(TinyTransformer, build_rows, TRAIN_NAMES, IGNORED, stoi, vocab_size, with_seed, batch_lm):
    """The loss of a row is a mean over its targets, and one row has none: 0 / 0."""
    names = [*TRAIN_NAMES, "sara"]
    X, Y = build_rows(names, stoi)
    spaces = torch.tensor([name.find(" ") % 99 for name in names])  # a name alone: all of it is closed
    Y = Y.masked_fill(torch.arange(Y.shape[1]) <= spaces[:, None], IGNORED)
    assert len(names) == 1633 and (Y != IGNORED).any(1).tolist() == [True] * len(TRAIN_NAMES) + [False]

    def by_rows(model, X, Y):
        each = F.cross_entropy(model(X).transpose(1, 2), Y, reduction="none")  # (B, T)
        return (each.sum(1) / (Y != IGNORED).sum(1)).mean()

    model = with_seed(0, lambda: TinyTransformer(vocab_size, C=32, H=2))
    optimizer = torch.optim.AdamW(model.parameters(), lr=6e-3)
    draws = torch.Generator().manual_seed(0)
    batches = (batch_lm(X, Y, 64, draws) for _ in range(300))
    steps = list(_training(model, optimizer, batches, by_rows))
    lost = [step for step, (loss, _) in enumerate(steps, 1) if math.isnan(loss)]
    assert all(math.isfinite(norm) for _, norm in steps), "the gradient is never lost"
    assert len(lost) == 16, "the text says: 16 times in 300 steps"
    lines = ["шаг   ошибка    норма градиента"]
    middle = next(step for step in lost if step > 40)
    for step in range(middle - 4, middle + 4):
        loss, norm = steps[step - 1]
        lines.append(f"{step:3}   {loss:<9.4f} {norm:.4f}")
    return _screen(*lines, "", f"всего за {len(steps)} шагов nan, раз: {len(lost)}")


def too_good(TinyTransformer, Head, train_rows, held_rows, stoi, BOS, EOS, ALPHABET, vocab_size, with_seed, train_lm,
             evaluate_lm):  # fmt: skip
    """No mask: each place sees the next symbol, which it has to predict."""
    model = with_seed(0, lambda: TinyTransformer(vocab_size))
    for part in model.modules():
        if isinstance(part, Head):
            part.mask.fill_(True)
    lines = ["шаг   обучающая   отложенная, нат на имя"]

    def watch(step, loss):
        seen, hidden = (evaluate_lm(model, *rows) for rows in (train_rows, held_rows))
        lines.append(f"{step:3}   {seen:<11.2f} {hidden:.2f}")

    train_lm(model, *train_rows, steps=150, every=50, watch=watch)
    assert evaluate_lm(model, *held_rows) < 0.1, "the text says: less than a tenth"
    lines += ["", "начало     продолжение"]
    heads = 0, len(lines) - 1
    draws = torch.Generator().manual_seed(0)
    for start in ("anna ", "nikita p", "svetlana ", "lev "):
        ids = torch.tensor([[stoi[ch] for ch in BOS + start]])
        while ids.shape[1] < 24 and (ids.shape[1] <= len(start) + 1 or ids[0, -1] != stoi[EOS]):
            with torch.no_grad():
                chances = model(ids)[:, -1].softmax(-1)
            ids = torch.cat([ids, torch.multinomial(chances, 1, generator=draws)], dim=1)
        lines.append(f"{start:10} {''.join(ALPHABET[i] for i in ids[0, len(start) + 1 :]).removesuffix(EOS)}")
    return _screen(*lines, names=heads)


def six_names(TinyTransformer, train_rows, stoi, EOS, IGNORED, vocab_size, with_seed, batch_lm, sample_names):
    """Padding and the end have one number, and the loss leaves out both."""
    model = with_seed(0, lambda: TinyTransformer(vocab_size, C=32, H=2))
    optimizer = torch.optim.AdamW(model.parameters(), lr=6e-3)
    draws = torch.Generator().manual_seed(0)
    batches = (batch_lm(*train_rows, 64, draws) for _ in range(200))

    def endless(model, X, Y):
        padded = torch.where(Y == IGNORED, stoi[EOS], Y)
        return F.cross_entropy(model(X).flatten(0, 1), padded.flatten(), ignore_index=stoi[EOS])

    losses = [loss for loss, _ in _training(model, optimizer, batches, endless)]
    names = sample_names(model, 6, torch.Generator().manual_seed(0))
    assert {len(name) for name in names} == {24}, "all names are cut off"
    assert names[0].startswith("kuzma fedorovich"), "the text quotes it"
    with torch.no_grad():
        ends = model(train_rows[0]).softmax(-1)[..., stoi[EOS]][train_rows[1] == stoi[EOS]]
    assert ends.mean() < 0.01, "the text says: the chance of the end is about zero"
    lines = [f"  {loss:.3f}  на шаге {step}" for step, loss in enumerate(losses, 1) if step in (1, 50, 100, 200)]
    lines = ["обучающая ошибка, нат на символ:", *lines, "", "порождённые имена:"]
    return _screen(*lines, *(f"  {name}" for name in names), names=(0, 6))


def thrice(TinyTransformer, Block, train_rows, held_rows, stoi, EOS, vocab_size, with_seed, train_lm, lm_loss,
           evaluate_lm):  # fmt: skip
    """The checks were made in the mode of training, with dropout."""

    def block(*sizes):
        return nn.Sequential(Block(*sizes), nn.Dropout(0.2))

    model = with_seed(0, lambda: TinyTransformer(vocab_size, C=32, H=2, block=block))
    train_lm(model, *train_rows, steps=300)
    honest = [evaluate_lm(model, *rows) for rows in (held_rows, train_rows)]
    model.train()

    @torch.no_grad()
    def measured(X, Y):
        return lm_loss(model, X, Y, "sum").item() / (Y == stoi[EOS]).sum().item()

    noisy = with_seed(0, lambda: [measured(*rows) for rows in (held_rows, held_rows, held_rows, train_rows)])
    assert min(noisy[:3]) - honest[0] > 1 and noisy[3] - honest[1] > 1, "the text says: a nat too many"
    assert max(noisy[:3]) - min(noisy[:3]) > 0.05, "the text says: they differ by a tenth"
    lines = [f"отложенные имена, проверка {turn}    {loss:.3f}" for turn, loss in enumerate(noisy[:3], 1)]
    return _screen(f"{'':32}нат на имя", *lines, f"{'обучающие имена':31} {noisy[3]:.3f}")


def continued(TinyTransformer, LANGUAGE, train_rows, stoi, BOS, EOS, ALPHABET, vocab_size, with_seed, train_lm):
    """With the cache each new symbol stands at place 0, as if nothing were behind it."""
    model = with_seed(0, lambda: TinyTransformer(vocab_size))
    train_lm(model, *train_rows, steps=300)

    @torch.no_grad()
    def greedy(start, place):
        """What a symbol leaves in a cache is made of the symbol, its place and what is behind it: a full pass does."""
        ids, places = [stoi[ch] for ch in BOS + start], list(range(len(start) + 1))
        while len(ids) < 24:
            flow = model.token(torch.tensor([ids])) + model.pos.weight[places]
            ids.append(model.lm(model.body(flow))[0, -1].argmax().item())
            places.append(place(len(places)))
            if ids[-1] == stoi[EOS]:
                break
        return "".join(ALPHABET[i] for i in ids[len(start) + 1 :]).removesuffix(EOS)

    lines = ["начало      без кеша       с кешем"]
    for start in ("anna ", "nikita p", "svetlana ", "roman d", "maria o", "oleg s"):
        whole, broken = greedy(start, lambda place: place), greedy(start, lambda place: 0)
        assert start + whole in LANGUAGE, "without the cache all is well"
        assert whole[0] == broken[0] and start + broken not in LANGUAGE, "the first symbol is right, the whole is wrong"
        lines.append(f"{start:11} {whole:14} {broken}")
    return _screen(*lines)


def two_curves(TinyTransformer, build_rows, TRAIN_NAMES, held_rows, stoi, floor, vocab_size, with_seed, train_lm,
               evaluate_lm):  # fmt: skip
    """A hundred names to learn from: they are learnt by heart."""
    model = with_seed(0, lambda: TinyTransformer(vocab_size))
    rows, seen, hidden = build_rows(TRAIN_NAMES[:100], stoi), [], []

    def watch(step, loss):
        seen.append(evaluate_lm(model, *rows))
        hidden.append(evaluate_lm(model, *held_rows))

    train_lm(model, *rows, steps=300, lr=1e-2, every=5, watch=watch)
    assert math.log(100) < seen[-1] < math.log(100) + 0.2, "the text says: about ln 100"
    best = min(hidden)
    assert 16 < best - floor < 18 and 8 < hidden[-1] - best < 9, "the text says: 17 to the floor, 8 to be saved"
    assert 40 <= 5 * hidden.index(best) + 5 <= 50, "the text says: about step 45"
    figure, axes = chart(5.6, 2.9, "шаг", "нат на имя")
    steps = range(5, 301, 5)
    for values, color, title in ((seen, BLUE, "обучающие"), (hidden, ORANGE, "отложенные")):
        axes.plot(steps, values, color=color)
        axes.text(305, values[-1], f"{title}\n{values[-1]:.1f}", color=color, va="center", size=SIZE)
    axes.axhline(floor, color=GREY, ls="--", lw=1)
    axes.text(300, floor + 0.3, "предел языка", color=GREY, ha="right", va="bottom", size=SMALL)
    axes.set(ylim=(0, 44), xlim=(0, 300))
    return figure
