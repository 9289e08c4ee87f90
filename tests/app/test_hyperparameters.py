"""Every hyper-parameter of the learning plan is turned in the window, at the command line and in a recipe."""

from __future__ import annotations

import pytest

from app import training
from app.commands import change as split
from app.window import Window
from engine import catalog, recipe
from engine.knob import knobs
from tests.waiting import analysed, pump

PLAN = {
    "sequence length": ("task.words", "task.longest"),
    "padding or packing": ("train.packing",),
    "truncated backpropagation": ("train.bptt",),
    "hidden state": ("model.hidden",),
    "layers": ("model.layers",),
    "frame size and hop": ("task.win_ms", "task.hop_ms"),
    "cepstral coefficients": ("task.features", "task.coefficients"),
    "what a sampling rate leaves": ("task.top",),
    "feature normalisation": ("task.levelled",),
    "frames or segments": ("model.readout",),
    "downsampling": ("model.stack",),
    "context": ("model.window", "task.delay"),
    "learning rate and its schedule": ("train.lr", "train.schedule", "train.decay", "train.decay_every"),
    "warm-up": ("train.warmup",),
    "adaptive rates": ("train.optimiser", "train.momentum"),
    "clipping": ("train.clip", "train.clip_value"),
    "batch": ("train.batch",),
    "dropout": ("model.input_dropout", "model.recurrent_dropout", "model.output_dropout"),
    "one mask for all steps": ("model.same_mask",),
    "weight decay": ("train.weight_decay",),
    "early stopping": ("train.patience", "train.monitor"),
    "cell": ("model.cell",),
    "both directions": ("model.bidirectional",),
    "attention": ("model.attention", "model.heads"),
}
KEYS = [key for each in PLAN.values() for key in each]


def declared(key):
    table, name = key.split(".")
    settings = getattr(recipe.of("phonemes"), training.TABLES[table])
    return next(each for each in knobs(type(settings)) if each.name == name), getattr(settings, name)


def other(key):
    """A value that is not the usual one."""
    knob, now = declared(key)
    if knob.choices:
        return next(each for each in knob.choices if each != now)
    return not now if isinstance(now, bool) else knob.high if now != knob.high else knob.low


@pytest.mark.parametrize("key", KEYS)
def test_it_is_a_flag_and_a_key_of_the_recipe(key):
    value, (table, name) = other(key), key.split(".")
    turned = training.change(recipe.of("phonemes"), *split(f"{key}={str(value).lower()}"))
    assert getattr(getattr(turned, training.TABLES[table]), name) == value
    assert getattr(getattr(recipe.parse(recipe.text(turned), "again"), training.TABLES[table]), name) == value


@pytest.fixture(scope="module")
def window(qapp):
    made = Window(fresh=True, network="phonemes-lstm-32")
    made.show()
    pump(qapp, lambda: analysed(made))
    yield made
    made.close()


@pytest.fixture(scope="module")
def editors(qapp, window):
    """The controls of the window, by table and name."""
    model = window.docks.model
    model.tick()
    found = {f"model.{name}": each for form in model._forms for name, each in form.editors.items()}
    found |= {f"task.{name}": each for name, each in model._asked.editors.items()}
    for group in window.docks.training.groups.values():
        group.open()
    for form in window.docks.training.forms.values():
        found |= {f"train.{name}": each for name, each in form.editors.items()}
    return found


@pytest.mark.parametrize("key", KEYS)
def test_it_has_a_control_that_explains_itself(editors, key):
    knob, _ = declared(key)
    assert knob.help
    tip = editors[key].toolTip()
    assert knob.help[1:].rstrip(".") in tip, tip


def test_another_task_is_another_network_and_can_be_taken_back(qapp, window):
    session, form = window.session, window.docks.model._asked
    before = session.state.network
    window.docks.model._groups[-1].open()
    form.editors["win_ms"].changed.emit(50.0)
    pump(qapp, lambda: session.state.network is not before and analysed(window))
    now = session.state.network
    assert now.task_settings == before.task_settings.but(win_ms=50.0)
    assert now.frontend[0].settings.to_dict()["win"] == 800
    assert (now.trained, now.settings) == (False, before.settings)
    session.undo()
    pump(qapp, lambda: session.state.network is before and analysed(window))
    window.docks.model.tick()
    assert form.settings == before.task_settings


def test_the_front_end_is_as_it_is_asked_for():
    module = catalog.load("tasks", "phonemes")
    asked = module.Settings(features="mfcc", coefficients=20, top=4000.0, levelled=False)
    (link,) = module.build(asked).frontend
    assert (link.stage, link.settings.to_dict()["n_mfcc"], link.settings.to_dict()["fmax"]) == ("mfcc", 20, 4000.0)
    usual = module.build(module.Settings(features="mfcc")).frontend
    assert [each.stage for each in usual] == ["mfcc", "normalise_running"]
    assert usual[0].settings.to_dict()["n_mfcc"] == 13
