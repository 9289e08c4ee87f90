"""The arguments of commands whose own files would take long to import: each by its name, with its help."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from app import lm

if TYPE_CHECKING:
    import argparse


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """All of them."""
    _add_work(commands)
    _add_convert(commands)
    _add_data(commands)
    _add_bench(commands)
    _add_gradcheck(commands)
    commands.add_parser("shot", help="a picture of the window", add_help=False)
    _add_networks(commands)
    _add_export(commands)
    _add_probes(commands)
    _add_lessons(commands)
    _add_generate(commands)


def _add_work(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    one = commands.add_parser("demo", help="the main job without a screen: pictures, texts, errors, a report")
    one.add_argument(
        "name",
        nargs="?",
        choices=("relu-vs-tanh", "additive", "residual-rnn", "residual", "topology", "hello-world", "hybrid"),
        help="one fact about networks as a picture with its figures, or a speech recogniser from forty clips, "
        "or a hybrid with a hidden Markov model beside CTC on few clips, instead of the main job",
    )
    one.add_argument("--all", action="store_true", help="hello-world: every step; it does them all anyway")
    one.add_argument("--own", type=Path, metavar="DIR", help="hello-world: your own forty recordings")
    one.add_argument(
        "--seeds", type=int, default=3, metavar="K", help="hello-world, hybrid: trainings (default: 3)"
    )
    one.add_argument("--json", action="store_true", help="a fact or hybrid: the figures as JSON")
    one.add_argument("--out", type=Path, default=Path("out"), help="folder for what it makes (default: out)")
    one = commands.add_parser("doctor", help="what is here, what is missing, and what to do about it")
    one.add_argument("--json", action="store_true")
    one = commands.add_parser("list", help="stages, models, tasks, clips, noises, networks and recipes")
    one.add_argument("--json", action="store_true")


def _add_convert(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    one = commands.add_parser("convert", help="another rate, sample type or number of channels")
    one.add_argument("source", type=Path, metavar="IN")
    one.add_argument("target", type=Path, metavar="OUT")
    one.add_argument("--sr", type=int, metavar="HZ", help="sample rate, 1000 to 768000 Hz")
    kind = one.add_mutually_exclusive_group()
    for name, subtype in (("pcm16", "PCM_16"), ("pcm24", "PCM_24"), ("float", "FLOAT")):
        kind.add_argument(f"--{name}", dest="kind", action="store_const", const=subtype, default="PCM_16")
    one.add_argument("--mono", choices=("mean", "left", "right"), help="one channel: the mean, or one of them")
    one.add_argument("--dither", action="store_true", help="add triangular dither before rounding")
    one.add_argument("--seconds", type=float, metavar="S", help="make it so long: cut, or filled by --policy")
    one.add_argument(
        "--policy",
        choices=("pad", "loop", "trim"),
        default="pad",
        help="what fills a sound that is too short: silence, itself again, or nothing (default: pad)",
    )
    one.add_argument("--chunk", type=float, metavar="S", help="write pieces so long: OUT-001, OUT-002, …")
    one.add_argument("--overlap", type=float, default=0.0, metavar="S", help="what two pieces have in common")
    one.add_argument("--fill", action="store_true", help="the last piece is as long as the others, by --policy")


def _add_data(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    one = commands.add_parser("data", help="data sets: which are here, and where others go; or a synthetic corpus")
    one.add_argument(
        "what",
        choices=("list", "check", "synth-phonemes", "synth-dns", "speech-commands"),
        help="list: licence, size and place of each; check: whether pairs have the SNR that they tell; "
        "synth-phonemes: how much it holds, its digest, and its files; synth-dns: pairs of your own folders, "
        "mixed as the DNS Challenge mixes them; speech-commands: words and splits of a copy of it",
    )
    one.add_argument("--seed", type=int, default=0, help="another seed, another corpus (default: 0)")
    one.add_argument("--clips", type=int, default=600, help="training clips; other splits have a fifth (600)")
    one.add_argument("--out", type=Path, metavar="DIR", help="write the clips there, with their labels")
    one.add_argument(
        "--dir", type=Path, metavar="DIR", help="speech-commands: where it lies, if not in OTOSCOPE_DATA"
    )
    for name in ("speech", "noise", "rooms"):
        one.add_argument(
            f"--{name}", type=Path, metavar="FOLDER", help="synth-dns: where they are; rooms may lack"
        )
    one.add_argument("--snr", type=float, nargs=2, default=(-5.0, 20.0), metavar="DB", help="synth-dns (-5 20)")
    one.add_argument("--seconds", type=float, default=10.0, metavar="S", help="synth-dns: of a pair (10)")
    one.add_argument("--json", action="store_true", help="the list, with the clips of each split")


def _add_bench(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    one = commands.add_parser("bench", help="the benchmarks: ratios measured in one run, beside their targets")
    one.add_argument("name", nargs="?", metavar="NAME", help="one of them (default: all)")
    one.add_argument("--seconds", type=float, metavar="S", help="of each alternated run (default: a few)")
    one.add_argument("--model", metavar="NAME|FILE", help="with live: a denoiser, or a network that reads")
    one.add_argument("--n", type=int, metavar="N", help="with streams: how many at once (default: 1000)")
    one.add_argument("--peers", type=Path, metavar="DIR", help="with denoise: other denoisers lie there (ONNX)")
    one.add_argument("--models", metavar="A,B", help="with asr: recognisers that `otoscope list` names, or files")
    one.add_argument("--folder", type=Path, metavar="DIR", help="with asr: sounds with texts (default: bundled)")
    one.add_argument("--mixtures", type=int, metavar="N", help="with denoise: how many are heard (default: 60)")
    one.add_argument("--out", type=Path, metavar="FILE", help="the table: .csv, with denoise .json too")
    one.add_argument("--json", action="store_true")
    one = commands.add_parser("associate", help="open .oto files with a double click (Linux)")
    one.add_argument("--remove", action="store_true", help="take it back")


def _add_gradcheck(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    one = commands.add_parser("gradcheck", help="the derivatives of the cells from scratch, beside differences")
    one.add_argument("--cell", choices=("rnn", "lstm", "gru"), default="lstm", help="which cell (default: lstm)")
    one.add_argument(
        "--variant",
        choices=("seed", "torch"),
        help="which GRU: that of the learning plan (seed), or torch's (default: torch)",
    )
    one.add_argument("--lesson", type=int, choices=(1,), help="the network that the first lesson trains")
    one.add_argument("--layers", type=int, choices=range(1, 7), default=1, help="how many (default: 1)")
    one.add_argument("--bidirectional", action="store_true", help="with cells that read from the end, too")
    one.add_argument("--seed", type=int, default=0, help="another seed, other weights and clips (default: 0)")


def _add_networks(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    one = commands.add_parser("train", help="train a network by a recipe")
    _add_recipe(one, "a resumed run has its own")
    one.add_argument("--out", type=Path, metavar="FOLDER", help="folder of the run (default: runs/RECIPE-TIME)")
    one.add_argument("--resume", type=Path, metavar="FOLDER", help="go on with the run in this folder, exactly")
    one.add_argument(
        "--from", dest="start", metavar="CHECKPOINT", help="begin with the weights of this network, as a new run"
    )
    one.add_argument(
        "--devices", type=int, default=1, metavar="N", help="GPUs, or processes on the CPU, of this machine"
    )
    one.add_argument("--nodes", type=int, default=1, metavar="M", help="machines with as many devices each")
    one.add_argument(
        "--estimate", action="store_true", help="only say how long it would take, and how much memory"
    )
    one.add_argument(
        "--cell",
        choices=[two + cell for two in ("", "bi") for cell in ("rnn", "lstm", "gru")],
        help="of a recurrent network: bi- reads from the end, too",
    )
    one.add_argument("--smoke", action="store_true", help="a few steps of a few clips: whether it learns at all")
    _add_comparisons(commands)
    one = commands.add_parser("eval", help="the error of a network on recordings")
    one.add_argument(
        "network",
        metavar="NETWORK",
        nargs="?",
        help="a checkpoint, the name of a bundled one, or a task; asr: the bundled one that recognises speech",
    )
    one.add_argument("--task", metavar="TASK", help="the bundled network of a task, as in --task hello-world")
    one.add_argument(
        "--metric",
        choices=("cer", "wer"),
        help="of a network that writes characters: the rate that is told first, with its interval over clips",
    )
    one.add_argument(
        "--split",
        choices=("test", "valid", "train"),
        default="test",
        help="what it is tried on; one that shares a sound with training is refused (default: test)",
    )
    one.add_argument("--leave-one-out", action="store_true", help="each speaker by a network that never heard it")
    lm.add_reading(one)
    one.add_argument(
        "--denoise", metavar="NAME", help="in noise, before and after this denoiser (a name or a file)"
    )
    one.add_argument(
        "--curve",
        action="store_true",
        help="of one that calls words in a stream: false alarms an hour, and words missed at every SNR",
    )
    one.add_argument("--out", type=Path, metavar="FILE", help="with --curve: the table, .csv or .json")
    one.add_argument("--json", action="store_true")
    one = commands.add_parser("report", help="what a denoiser lets through, by band and kind of noise")
    one.add_argument("what", choices=("mask",))
    one.add_argument("--model", metavar="NAME", help="a denoiser, or its file (default: the bundled one)")
    one.add_argument("--by", choices=("noise_type", "snr"), default="noise_type", help="(default: noise_type)")
    one.add_argument("--mixtures", type=int, default=36, metavar="N", help="held-out ones that it hears (36)")
    one.add_argument(
        "--keep", type=float, default=0.0, metavar="K", help="of the background in pauses, 0 to 1 (0)"
    )
    one.add_argument("--out", type=Path, metavar="FILE", help="the table as .csv")
    one.add_argument("--json", action="store_true")
    one = commands.add_parser("shapes", help="every tensor of a network: its axes by name, and its shape")
    one.add_argument("network", metavar="NETWORK", help="a model, recipe or checkpoint by name, or a file")
    one.add_argument("--frames", type=int, default=100, metavar="N", help="frames of the sound it hears (100)")
    one.add_argument("--mel", type=int, default=0, metavar="N", help="features a frame, for one that is untrained")
    one.add_argument("--json", action="store_true")
    one = commands.add_parser("inspect", help="a network's card, front end, and what it does with a sound")
    one.add_argument("network", metavar="NETWORK", help="a checkpoint, or the name of a bundled one")
    one.add_argument("--wav", type=Path, metavar="FILE", help="run it over this sound")
    one.add_argument("--dump", type=Path, metavar="FILE", help="with --wav: states and gates as .npz or .csv")
    one.add_argument(
        "--gradient",
        type=int,
        metavar="FRAME",
        help="with --wav: this output's gradients by every state before it, which --dump has as grad.h, grad.c",
    )
    lm.add_reading(one)
    one.add_argument("--frontend", action="store_true", help="only the front end that it was trained with")
    one.add_argument("--json", action="store_true")


def _add_export(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    one = commands.add_parser("export", help="a network as an ONNX file, with its state as inputs and outputs")
    one.add_argument("network", metavar="NETWORK", help="a checkpoint, or the name of a bundled one")
    one.add_argument("--out", type=Path, required=True, metavar="FILE.onnx", help="the file to write")
    one.add_argument(
        "--int8", action="store_true", help="weights as 8-bit integers: smaller, and not quite the same"
    )
    one.add_argument("--sound", action="store_true", help="put the front end into the file too: it takes sound")
    one.add_argument("--json", action="store_true")


def _add_probes(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    one = commands.add_parser("hear", help="what a layer of a network holds of a sound, decoded back to sound")
    one.add_argument("clip", metavar="CLIP", help="a sound file, or the name of a bundled clip")
    named = "a checkpoint, or the name of a bundled one"
    one.add_argument("--network", required=True, metavar="NETWORK", help=named)
    one.add_argument("--layer", type=int, default=1, metavar="L", help="0 is what the network hears (default: 1)")
    which = one.add_mutually_exclusive_group()
    which.add_argument("--units", metavar="1,5-9", help="only these units of the layer")
    which.add_argument("--mute", metavar="1,5-9", help="all units but these")
    one.add_argument("--out", type=Path, metavar="FILE", help="write the sound there")
    one.add_argument("--json", action="store_true")
    one = commands.add_parser("probe", help="what is stored: which phoneme sounded how long ago, read from states")
    one.add_argument("network", metavar="NETWORK", help=named)
    one.add_argument("--json", action="store_true")


def _add_lessons(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    one = commands.add_parser("lessons", help="the lessons: what each needs, and how far you are")
    one.add_argument("--json", action="store_true")
    one = commands.add_parser("refs", help="the works that methods and formulas come from, by topic and lesson")
    one.add_argument(
        "--check",
        nargs="?",
        type=Path,
        const=True,
        metavar="FILE.md",
        help="whether links are well formed: those of the notes we began from, or of a text in Markdown",
    )
    one.add_argument("--json", action="store_true")
    one = commands.add_parser("lesson", help="a lesson: its page, its checks, or the whole of it as a notebook")
    one.add_argument("number", type=int, metavar="N", help="1 to 11, as in `otoscope lessons`")
    one.add_argument("--check", action="store_true", help="run its checks; exit code 1 where one fails")
    one.add_argument("--json", action="store_true", help="the checks as JSON")
    one.add_argument("--export", type=Path, metavar="FILE", help="write it as a Jupyter notebook (.ipynb)")
    one.add_argument(
        "--sounds", type=Path, metavar="FOLDER", help="run its checks, and write its sounds and pictures"
    )


def _add_generate(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    one = commands.add_parser("generate", help="bars of music by a network, as MIDI and as sound")
    one.add_argument("what", choices=("melody",))
    one.add_argument("--bars", type=int, default=8, metavar="N", help="of eight notes each (default: 8)")
    one.add_argument("--network", default="melody-lstm-64", help="a checkpoint or a bundled one (melody-lstm-64)")
    one.add_argument("--begin", default="", metavar="NOTES", help='notes to go on from, as in "C5 E5 G5"')
    one.add_argument("--seed", type=int, default=0, help="where chance begins: same seed, same music (default: 0)")
    one.add_argument("--temperature", type=float, default=1.0, metavar="T", help="0: the likeliest (default: 1)")
    one.add_argument("--top-k", type=int, default=0, metavar="K", help="only the K likeliest notes (default: all)")
    one.add_argument("--top-p", type=float, default=0.95, metavar="P", help="only those with this share (0.95)")
    one.add_argument(
        "--scale", default="all", metavar="NAME", help='only its notes are drawn, as in "C pentatonic"'
    )
    one.add_argument("--tempo", type=float, default=120.0, metavar="BPM", help="quarters a minute (default: 120)")
    one.add_argument("--out", type=Path, default=Path("melody"), metavar="NAME", help="for NAME.mid and NAME.wav")
    one.add_argument("--json", action="store_true")


def _add_recipe(one: argparse.ArgumentParser, without: str) -> None:
    """What every training from the command line asks for; `without` a recipe something else holds."""
    one.add_argument(
        "recipe", metavar="RECIPE", nargs="?", help=f"a TOML file, or the name of a bundled recipe; {without}"
    )
    _add_set(one)
    _add_device(one)


def _add_set(one: argparse.ArgumentParser) -> None:
    one.add_argument(
        "--set",
        dest="changes",
        action="append",
        default=[],
        metavar="TABLE.KEY=VALUE",
        help="turn a knob of the recipe, as in train.lr=0.001 or model.hidden=64; may be given several times",
    )


def _add_device(one: argparse.ArgumentParser) -> None:
    one.add_argument(
        "--device",
        default="auto",
        choices=("auto", "cuda", "mps", "cpu"),
        help="where to compute (default: auto, the best that is here)",
    )


def _add_comparisons(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    one = commands.add_parser(
        "sweep", help="train a recipe at every value of a knob, and tabulate what came of it"
    )
    _add_recipe(one, "without one, that by which networks are compared")
    one.add_argument(
        "--axis",
        dest="axes",
        action="append",
        required=True,
        nargs="+",
        metavar="TABLE.KEY=VALUES",
        help="train.batch=1,2,4,...,64 or model.hidden=32,64,128, or a name alone for half its value, it and "
        "twice; of several all combinations are tried; seqlen=10,50 is the knob by which sequences grow longer, "
        "look_ahead=0,4,8 how late the task answers",
    )
    one.add_argument("--cells", metavar="NETWORKS", help="a curve for each of them, as in dense,rnn,lstm,gru")
    one.add_argument(
        "--budget", type=int, default=0, metavar="N", help="about N parameters for each of the --cells"
    )
    one.add_argument("--steps", type=int, metavar="N", help="steps of each training (default: the recipe's)")
    one.add_argument("--seeds", type=int, default=1, metavar="K", help="trainings at each point (default: 1)")
    one.add_argument(
        "--out",
        type=Path,
        default=Path("sweep.csv"),
        metavar="FILE",
        help="the table, .csv or .json (default: sweep.csv); what is finished there is not trained again",
    )
    one.add_argument("--runs", type=Path, metavar="FOLDER", help="where the runs lie (default: FILE without .csv)")
    one = commands.add_parser(
        "compare", help="train several networks alike: accuracy, time and memory, with spread"
    )
    one.add_argument(
        "networks",
        metavar="NETWORKS",
        nargs="?",
        help="CELL:KEY=VALUE:…, separated by commas, as in lstm:layers=1,lstm:layers=3:hidden=64; dense has no "
        "memory (default: dense,rnn,lstm,gru; without dense for a --suite)",
    )
    one.add_argument("--task", help="what they learn (default: that of the recipe; denoise for ains, or phonemes)")
    one.add_argument("--recipe", metavar="RECIPE", help="how they learn (default: the usual values of all knobs)")
    one.add_argument("--steps", type=int, metavar="N", help="steps of each training (default: the recipe's)")
    one.add_argument("--seeds", type=int, default=3, metavar="K", help="trainings of each network (default: 3)")
    one.add_argument("--smoke", action="store_true", help="one short training each: whether they learn at all")
    one.add_argument(
        "--runs", type=Path, default=Path("runs/compare"), metavar="FOLDER", help="where (default: runs/compare)"
    )
    one.add_argument("--budget", type=int, default=0, metavar="N", help="parameters: each comes as near as it can")
    one.add_argument(
        "--suite",
        choices=("short", "long", "complex", "all"),
        help="such patterns, not a task; all: one table, by 27 trainings of together some five minutes",
    )
    one.add_argument("--allow-unequal", action="store_true", help="even from unequal data or training")
    one.add_argument("--out", type=Path, metavar="FOLDER", help="for table and picture (default: that of --runs)")
    _add_set(one)
    _add_device(one)
    one.add_argument("--json", action="store_true", help="the table as JSON, with the value of each training")
