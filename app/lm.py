"""`otoscope lm`: n-gram language models from text, how well they foretell another, and what they would say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.cli import UsageError
from app.commands import check_place, say

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from engine import decoding
    from engine.events import Traced
    from engine.network import Network
    from engine.ngram import Ngram

_HIGHEST = 10


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The command's arguments."""
    parser = commands.add_parser("lm", help="language models: train one from text, try it, or let it speak")
    which = parser.add_subparsers(dest="which", metavar="WHAT", required=True)
    one = which.add_parser("train", help="an n-gram model of characters or words, from sentences, one a line")
    one.add_argument("texts", type=Path, nargs="+", metavar="TEXT", help="text files, one sentence a line")
    one.add_argument("--unit", choices=("char", "word"), default="char", help="what is foretold (default: char)")
    one.add_argument("--order", type=int, metavar="N", help=f"1 to {_HIGHEST} (default: 6 for char, 3 for word)")
    one.add_argument("--vocabulary", type=int, metavar="N", help="only the N commonest words; others are unknown")
    one.add_argument(
        "--prune",
        type=float,
        default=0.0,
        metavar="NATS",
        help="leave out n-grams without which the mean log probability falls by less, as 1e-6 (default: none)",
    )
    one.add_argument("--case", action="store_true", help="keep capitals; else all is made lower case")
    one.add_argument(
        "--out", type=Path, required=True, metavar="FILE", help="the model: .arpa is text, else it is compact"
    )
    one = which.add_parser("eval", help="perplexity a word and a character on sentences, one a line")
    one.add_argument("model", metavar="NAME|FILE", help="a bundled model, or a file: compact, or ARPA text")
    one.add_argument("texts", type=Path, nargs="+", metavar="TEXT")
    one.add_argument("--json", action="store_true")
    one = which.add_parser("sample", help="sentences that the model makes up")
    one.add_argument("model", metavar="NAME|FILE")
    one.add_argument("--count", type=int, default=5, metavar="N", help="how many (default: 5)")
    one.add_argument("--begin", default="", metavar="TEXT", help="how each begins")
    one.add_argument("--seed", type=int, default=0)


def main(arguments: argparse.Namespace) -> int:
    """Train, try or sample. Raises UsageError, NgramError, OSError."""
    return {"train": _train, "eval": _eval, "sample": _sample}[arguments.which](arguments)


def add_reading(parser: argparse.ArgumentParser) -> None:
    """The options by which a network's text is searched."""
    parser.add_argument(
        "--decode",
        choices=("greedy", "beam"),
        help="how a CTC network's text is found: by the likeliest label of each frame, or by a beam search",
    )
    parser.add_argument("--width", type=int, metavar="N", help="with --decode beam: texts that are kept (16)")
    parser.add_argument(
        "--lm", metavar="NAME|FILE", help="with --decode beam: a language model, characters, words, or a file"
    )
    parser.add_argument("--alpha", type=float, metavar="W", help="with --lm: its weight, 0 to 3 (0.5)")
    parser.add_argument("--beta", type=float, metavar="B", help="with --lm: what each word gets, in nats (1)")


def reading(arguments: argparse.Namespace) -> decoding.Settings | None:
    """How text is to be found; None where nothing is said of it. Raises UsageError, KnobError, NgramError."""
    from engine import decoding

    given = {name: getattr(arguments, name) for name in ("width", "lm", "alpha", "beta")}
    named = [name for name, value in given.items() if value is not None]
    if arguments.decode != "beam":
        if named:
            raise UsageError(f"--{named[0]} needs --decode beam")
        return decoding.Settings(search="greedy") if arguments.decode else None
    if given["lm"] is None and ("alpha" in named or "beta" in named):
        raise UsageError("--alpha and --beta weigh a language model: add --lm NAME or --lm FILE")
    settings = decoding.named(arguments.lm) if arguments.lm is not None else decoding.Settings()
    keys = {"width": "width", "alpha": "weight", "beta": "bonus"}
    return settings.but(**{keys[name]: given[name] for name in named if name != "lm"})


def searched(traced: Traced, network: Network, settings: decoding.Settings, full: bool) -> dict[str, Any]:
    """What a search found in an inspection: the words with their times, and the hypotheses behind them.

    Raises NgramError for a network or a model that cannot be searched with.
    """
    from engine import decoding, searching
    from engine.ngram import NgramError

    if not searching.reads(network):
        raise NgramError(f"{network.name} does not read by CTC: there is nothing that --decode could search")
    decoding.language(settings, tuple(network.vocabulary))
    (found,) = (each for each in searching.run(traced, network, settings) if each is not None)
    best = found.beam.prefixes[0]
    said: dict[str, Any] = {
        "decoded": [label.text for label in found.text],
        "score": round(best.score, 3),
        "of the sound": round(best.acoustic, 3),
        "of the language": round(best.language, 3),
        "of the words": round(best.bonus, 3),
    }
    if not full:
        return said
    spacing = searching.Spacing(found.vocabulary)
    said["times"] = [[round(label.start, 3), round(label.end, 3)] for label in found.text]
    said["hypotheses"] = [
        {
            "words": spacing.write(each.labels),
            "score": each.score,
            "sound": each.acoustic,
            "language": each.language,
        }
        for each in found.beam.prefixes
    ]
    return said


def _train(arguments: argparse.Namespace) -> int:
    from engine import arpa, kneser

    order = arguments.order if arguments.order is not None else {"char": 6, "word": 3}[arguments.unit]
    if not 1 <= order <= _HIGHEST:
        raise UsageError(f"--order is {order}; its range is 1 to {_HIGHEST}")
    if arguments.vocabulary is not None and arguments.vocabulary < 1:
        raise UsageError(f"--vocabulary is {arguments.vocabulary}; it must be 1 or more")
    if not 0.0 <= arguments.prune < 1.0:
        raise UsageError(f"--prune is {arguments.prune:g}; its range is 0 to 1 nats, as 1e-6")
    check_place("--out", arguments.out)
    sentences = _sentences(arguments.texts, arguments.case)
    model = kneser.train(sentences, arguments.unit, order, vocabulary=arguments.vocabulary, prune=arguments.prune)
    arpa.save(model, arguments.out)
    size = arguments.out.stat().st_size
    say(f"{arguments.out}: {_described(model)}, {size / 1e6:.2f} MB, from {len(sentences):,} sentences")
    return 0


def _eval(arguments: argparse.Namespace) -> int:
    model = _model(arguments.model)
    found = model.perplexity(_sentences(arguments.texts, case=_has_case(model)))
    if arguments.json:
        plain = {"model": arguments.model, "unit": model.unit, "order": model.order, "ngrams": list(model.sizes)}
        plain |= {"sentences": found.sentences, "words": found.words, "characters": found.characters}
        plain |= {"unknown": found.unknown, "log_prob": found.log_prob, "perplexity_per_word": found.per_word}
        plain |= {"perplexity_per_character": found.per_character, "bits_per_character": found.bits}
        say(json.dumps(plain, indent=2))
        return 0
    unknown = "unknown words, spelled letter by letter" if model.unit == "word" else "unknown characters"
    say(
        f"{arguments.model}: {_described(model)}\n"
        f"  {found.sentences:,} sentences, {found.words:,} words, {found.characters:,} characters; "
        f"{found.unknown:,} {unknown}\n"
        f"  perplexity {found.per_word:.2f} a word, {found.per_character:.3f} a character "
        f"({found.bits:.3f} bits); the end of a sentence counts as one"
    )
    return 0


def _sample(arguments: argparse.Namespace) -> int:
    import numpy as np

    if not 1 <= arguments.count <= 10_000:
        raise UsageError(f"--count is {arguments.count}; its range is 1 to 10000")
    if arguments.seed < 0:
        raise UsageError(f"--seed is {arguments.seed}; it must be 0 or more")
    model, rng = _model(arguments.model), np.random.default_rng(arguments.seed)
    for _ in range(arguments.count):
        say(model.sample(rng, arguments.begin))
    return 0


def _model(name: str) -> Ngram:
    from engine import decoding
    from engine.ngram import NgramError

    model = decoding.ngram(decoding.named(name))
    if model is None:
        raise NgramError(f"{name} is no language model")
    return model


def _sentences(paths: Sequence[Path], case: bool) -> list[str]:
    """The lines of text files that are not empty. Raises NgramError for one that is no text, OSError."""
    from engine.ngram import NgramError

    found: list[str] = []
    for path in paths:
        try:
            text = path.read_text(encoding="utf-8-sig")
        except UnicodeDecodeError as error:
            raise NgramError(f"{path} is no text in UTF-8 ({error.reason}); save it as plain text") from error
        found += [line for line in (text if case else text.lower()).splitlines() if line.strip()]
    if not found:
        raise NgramError(f"{', '.join(map(str, paths))}: there is no sentence in it")
    return found


def _has_case(model: Ngram) -> bool:
    return any(word != word.lower() for word in model.words)


def _described(model: Ngram) -> str:
    unit = "characters" if model.unit == "char" else "words"
    sizes = " + ".join(f"{size:,}" for size in model.sizes)
    return f"{unit}, order {model.order}, {sizes} n-grams"
