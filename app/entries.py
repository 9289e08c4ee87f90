"""The table of the menus: every action with its words, key and help, declared once."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Entry:
    """One line of a menu. A name of "-" is a separator; `submenu` names a menu that is filled elsewhere.

    What it does is the method of the same name in app/handlers, in the file of its menu, or `does` names it by its
    path from the window.
    """

    menu: str
    name: str
    words: str = ""
    keys: str = ""
    tip: str = ""
    glyph: str = ""
    checkable: bool = False
    submenu: bool = False
    does: str = ""


ENTRIES = (
    Entry("&File", "open", "&Open…", "Ctrl+O", "Open a recording (WAV, FLAC, OGG or MP3), or a session"),
    Entry("&File", "recent", "Open &recent", submenu=True),
    Entry("&File", "examples", "&Examples", submenu=True),
    Entry("&File", "-"),
    Entry("&File", "save", "&Save session", "Ctrl+S", "Write sound, chain, network and view to one file"),
    Entry("&File", "save_as", "Save session &as…", "Ctrl+Shift+S", "Write the session to another file"),
    Entry("&File", "restore", "Restore", "Ctrl+Alt+Z", "What was kept before a crash becomes the session"),
    Entry("&File", "discard", "Discard", "Ctrl+Alt+D", "Remove what was kept before a crash"),
    Entry("&File", "export", "Save &processed sound…", "Ctrl+Shift+E", "Write what the network hears to a file"),
    Entry(
        "&File", "export_trace", "Save states as &data…", "Ctrl+Shift+D",
        "Write features, states, gates and posteriors to NPZ or CSV",
    ),
    Entry(
        "&File", "save_melody", "Save the &melody…", "Ctrl+Shift+M",
        "Write the melody that is shown as MIDI, and as sound (WAV) beside it",
    ),
    Entry("&File", "save_enhanced", "Save e&nhanced or removed sound", submenu=True),
    Entry(
        "&File", "save_captions", "Save c&aptions…", "Ctrl+Shift+X",
        "Write the captions, as they were corrected, to SRT, VTT, TXT or JSON",
    ),
    Entry(
        "&File", "save_pipeline", "Save the p&ipeline…", "Ctrl+Shift+Y",
        "Write sound, chain and network to a JSON file that `otoscope run` runs again, bit by bit",
    ),
    Entry("&File", "picture", "Save pic&ture of", submenu=True),
    Entry("&File", "-"),
    Entry("&File", "quit", "&Quit", "Ctrl+Q", "Close the program", does="close"),
    Entry("&Edit", "undo", "&Undo", "Ctrl+Z", "Take the last change back"),
    Entry("&Edit", "redo", "&Redo", "Ctrl+Shift+Z", "Make the change again that was taken back"),
    Entry("&Edit", "-"),
    Entry("&Edit", "copy_picture", "Co&py picture", "Ctrl+Shift+C", "Put a picture of the lanes on the clipboard"),
    Entry("&Edit", "copy", "Copy picture &of", submenu=True),
    Entry("&Edit", "copy_captions", "Copy te&xt", "Ctrl+Shift+U", "Put the text of the captions on the clipboard"),
    Entry("&Edit", "labels", "&Labels", submenu=True),
    Entry(
        "labels", "name_label", "&Name…", "F2",
        "Type the text of the label that is selected or at the cursor; where there is none, of a new one",
        does="labelling.name",
    ),
    Entry(
        "labels", "split_label", "&Cut in two…", "Shift+F2",
        "From the cursor on, the label gets another text; without one, it ends there",
        does="labelling.split",
    ),
    Entry(
        "labels", "move_label", "&Boundary to the cursor", "Ctrl+F2",
        "Where a label begins or ends, the nearest to the cursor, is moved to it",
        does="labelling.move",
    ),
    Entry(
        "labels", "remove_label", "&Take away", "Del", "Take away the label that is selected or at the cursor",
        does="labelling.remove",
    ),
    Entry(
        "labels", "language", "&Language of the clip…", "Ctrl+Shift+F2",
        "Say what language is spoken in the clip: errors are counted as it asks for, and Whisper is told",
        does="labelling.language",
    ),
    Entry("&Edit", "deselect", "&Clear selection", "Esc", "Forget the selected stretch of time"),
    Entry("&Edit", "reset_chain", "Reset the &sound chain", "Ctrl+R", "Every knob of the chain to its default"),
    Entry("&Edit", "-"),
    Entry(
        "&Edit", "reset_state", "Reset the stat&e here", "Ctrl+Backspace",
        "From the cursor on, the network goes on as if nothing had been before",
        does="operating.reset",
    ),
    Entry(
        "&Edit", "copy_state", "Copy the st&ate here", "Ctrl+Alt+K", "Keep the network's state at the cursor",
        does="operating.copy",
    ),
    Entry(
        "&Edit", "paste_state", "Paste the s&tate here", "Ctrl+Alt+V",
        "From the cursor on, the network goes on in the state that was copied, from this clip or another",
        does="operating.paste",
    ),
    Entry(
        "&Edit", "switch_edits", "Edits a&ct", "Ctrl+Alt+A",
        "All changes of states and gates off, or on again: to compare with and without", checkable=True,
        does="operating.switch",
    ),
    Entry(
        "&Edit", "clear_edits", "Re&move all edits", "Ctrl+Shift+Backspace", "The network as it was learnt",
        does="operating.clear",
    ),
    Entry("&Edit", "-"),
    Entry("&Edit", "preferences", "Pre&ferences…", "Ctrl+,", "Theme, devices, autosave, and all as at first"),
    Entry("&View", "zoom_in", "Zoom &in", "Ctrl+=", "Show half as much time"),
    Entry("&View", "zoom_out", "Zoom &out", "Ctrl+-", "Show twice as much time"),
    Entry("&View", "zoom_all", "&Whole clip", "Ctrl+0", "Show all of the clip"),
    Entry("&View", "zoom_selection", "Zoom to &selection", "Ctrl+E", "Show the selected stretch of time"),
    Entry("&View", "follow", "&Follow the playback", "Ctrl+F", "Keep the cursor in sight", checkable=True),
    Entry("&View", "cursor", "&Move the cursor", submenu=True),
    Entry("&View", "-"),
    Entry("&View", "lanes", "&Lanes", submenu=True),
    Entry("&View", "panels", "&Panels", submenu=True),
    Entry("&View", "sort", "Sort &units", submenu=True),
    Entry("&View", "workspace", "Wor&kspace", submenu=True),
    Entry(
        "&View", "reset_layout", "Reset the la&yout", "Ctrl+Shift+0", "Panels and lanes as at the first start",
        does="reset_layout",
    ),
    Entry("&View", "-"),
    Entry("&View", "light", "Li&ght theme", "Ctrl+T", "Dark on light instead of light on dark", checkable=True),
    Entry("&View", "full_screen", "F&ull screen", "F11", "The window over the whole screen", checkable=True),
    Entry(
        "&View", "present", "&Present captions", "Shift+F11",
        "Captions for a whole room, full screen on a display of their own; Escape leaves", checkable=True,
        does="presenting.toggle",
    ),
    Entry("&Sound", "play", "&Play", "Space", "Play or pause", "play"),
    Entry("&Sound", "to_start", "To the &start", "Home", "Cursor to the start", "start"),
    Entry("&Sound", "loop", "&Loop", "L", "Repeat the selection, or all of it", "loop", checkable=True),
    Entry("&Sound", "hear", "&Hear", submenu=True),
    Entry(
        "&Sound", "hear_echo", "Hear the &echo", "E",
        "What leads to the output at the cursor, each moment as loud as the gradient there",
        does="playing.hear_echo",
    ),
    Entry("&Sound", "-"),
    Entry(
        "&Sound", "step_on", "Step a &frame", "F10",
        "The forward pass one frame of the network on; what lies ahead is veiled. Escape ends it", "step",
    ),
    Entry("&Sound", "step_back", "Step a frame &back", "Shift+F10", "One frame of the network back"),
    Entry("&Sound", "-"),
    Entry(
        "&Sound", "record", "&Record", "R", "Record the microphone; again to end", "record", checkable=True,
        does="listening.record",
    ),
    Entry(
        "&Sound", "keep", "&Keep 30 s", "K", "Keep the last 30 seconds of the microphone as a clip", "keep",
        does="listening.keep",
    ),
    Entry(
        "&Sound", "listen", "Listen all the &time", "Ctrl+M",
        "Keep the microphone on, so that its last 30 seconds can always be kept", checkable=True,
    ),
    Entry(
        "&Sound", "matched", "&Equally loud", "Ctrl+Alt+F",
        "Make all sounds as loud as the clean one, so that what is louder does not seem better", checkable=True,
        does="enhancing.match",
    ),
    Entry(
        "&Sound", "add_denoiser", "Add a &denoiser…", "Ctrl+Alt+T",
        "A denoiser that lies in a file: ONNX, or a checkpoint that was trained here",
        does="denoiser_files.add",
    ),
    Entry(
        "&Sound", "judge", "Measure &quality", "Ctrl+Shift+Q",
        "PESQ, STOI, SI-SDR, DNSMOS and reading errors of the noisy sound and of what each denoiser makes of it",
        does="judging.ask",
    ),
    Entry(
        "&Sound", "blind", "&Blind test…", "Ctrl+Shift+A",
        "Compare the versions of this sound with their names hidden: ABX, or ratings from 0 to 100",
    ),
    Entry("&Sound", "-"),
    Entry("&Sound", "input", "&Input", submenu=True),
    Entry("&Sound", "output", "&Output", submenu=True),
    Entry("&Model", "tasks", "&Task", submenu=True),
    Entry("&Model", "networks", "&Network", submenu=True),
    Entry("&Model", "recipes", "By re&cipe", submenu=True),
    Entry(
        "&Model", "vocabulary", "O&utputs…", "Ctrl+Shift+V",
        "Which characters, syllables or words a recogniser can write, and what they cost",
    ),
    Entry("&Model", "open_network", "&Open a network…", "Ctrl+Shift+O", "A checkpoint that training has written"),
    Entry(
        "&Model", "reset_network", "&Reset", "Ctrl+Shift+R", "Back to the trained network of this task",
        does="models.reset",
    ),
    Entry(
        "&Model", "shrink", "&Measure in fewer bits", "Ctrl+Alt+8",
        "This network in 32, 16 and 8 bits: how large, how fast and how right each is, in the panel Model",
        does="models.shrink",
    ),
    Entry(
        "&Model", "raw", "Hear &raw samples", "Ctrl+Alt+Y",
        "A network without a spectrum: it is given the samples, and its states are drawn under the waveform",
    ),
    Entry("&Model", "-"),
    Entry(
        "&Model", "seam", "Seam &test", "Ctrl+B",
        "Run the sound block by block too, and mark in red where states or output part", checkable=True,
    ),
    Entry(
        "&Model", "stored", "What is &stored", "Ctrl+Shift+B",
        "Learn to read from the states which phoneme sounded how long ago; again to stop",
    ),
    Entry(
        "&Model", "index", "&Index a folder…", "Ctrl+Shift+G",
        "Search a folder of recordings by memory too; again to stop",
    ),
    Entry("&Model", "-"),
    Entry("&Model", "devices", "&Device", submenu=True),
    Entry(
        "&Run", "train", "&Start training", "Ctrl+Return", "Train this network on its task; again to stop",
        does="runs.toggle",
    ),
    Entry(
        "&Run", "pause_training", "&Pause training", "Ctrl+P", "Hold the training, or let it go on",
        does="runs.pause",
    ),
    Entry(
        "&Run", "step_training", "S&tep", "Ctrl+Shift+Return", "One step of the training, and no more",
        does="runs.step",
    ),
    Entry(
        "&Run", "fork", "For&k from here", "Ctrl+K",
        "A new run from the snapshot that is looked at, with the settings of now; both can be compared",
        does="runs.fork",
    ),
    Entry(
        "&Run", "train_anew", "Start a&new", "Ctrl+Alt+Return",
        "Train this network from its beginning, with the settings of now",
        does="runs.start",
    ),
    Entry("&Run", "newest", "&Newest network", "Ctrl+End", "From a snapshot back to the network of the last step"),
    Entry("&Run", "-"),
    Entry("&Run", "resume", "&Resume a run…", "Ctrl+Alt+R", "Let a training go on that was stopped or broke off"),
    Entry(
        "&Run", "open_run", "&Open a run…", "Ctrl+Alt+O",
        "Show a run in a folder, and what is still written there, as by a machine elsewhere",
    ),
    Entry("&Run", "compare", "&Compare with a run…", "Ctrl+Alt+C", "Draw the curves of another run beside these"),
    Entry(
        "&Run", "swap_cell", "S&wap the cell", "Ctrl+Alt+W",
        "Train the same again with the next cell, RNN, LSTM or GRU: same data, same seed, both curves",
        does="runs.swap",
    ),
    Entry(
        "&Run", "versus", "Compare &networks…", "Ctrl+Alt+N",
        "Several networks on one task with several seeds: error, size, time and memory side by side",
    ),
    Entry(
        "&Run", "confusions", "Con&fusions…", "Ctrl+Alt+M",
        "What this network takes for what on held-out clips; each cell plays its stretches",
    ),
    Entry(
        "&Run", "alone", "Clear the comparison", "Ctrl+Alt+X", "Only the curves of this run",
        does="runs.past.alone",
    ),
    Entry(
        "&Run", "halve_rate", "Go on with half the rate", "Ctrl+Alt+H", "Train on with a smaller learning rate",
        does="runs.halve",
    ),
    Entry(
        "&Run", "clip_here", "Go on with clipped gradients", "Ctrl+Alt+J", "Train on with gradients of norm 1",
        does="runs.clip",
    ),
    Entry(
        "&Run", "resume_here", "Resume", "Ctrl+Alt+G", "Let this run go on from where it last stood",
        does="runs.resume",
    ),
    Entry(
        "&Run", "resume_parts", "Resume in smaller parts", "Ctrl+Alt+P",
        "The same steps in less memory: each batch is computed in twice as many parts",
    ),
    Entry(
        "&Run", "find_rate", "Find a &learning rate", "Ctrl+Alt+L",
        "Let the rate climb until the loss does, on a network that is thrown away; again to stop",
        does="trials.find_rate",
    ),
    Entry(
        "&Run", "estimate", "&Estimate", "Ctrl+Alt+E",
        "How long this training will take and how much memory, by a few steps of it; again to stop",
        does="trials.estimate",
    ),
    Entry(
        "&Run", "explode", "Let gradients e&xplode", "Ctrl+Alt+B",
        "Train an RNN whose recurrent weights are too large: the alarm halts it, and you can cure it",
    ),
    Entry(
        "&Run", "use_rate", "&Use this rate", "Ctrl+Alt+U", "Train with the learning rate that was found",
        does="trials.use_rate",
    ),
    Entry(
        "&Run", "hello_world", "Hello, world…", "Ctrl+Shift+H",
        "A speech recogniser from forty clips, recorded here: train, evaluate, quantise and profile it",
    ),
    Entry("&Run", "-"),
    Entry(
        "&Run", "save_recipe", "Save the rec&ipe…", "Ctrl+Shift+P",
        "Write task, network and training to a file by which `otoscope train` trains",
    ),
    Entry("&Run", "-"),
    Entry(
        "&Run", "generate", "&Generate a melody", "Ctrl+G",
        "The network makes a melody, on from the notes that were given; again to stop",
        does="composing.generate",
    ),
    Entry(
        "&Run", "continue_both", "Continue by RNN and LSTM", "Ctrl+Alt+Q",
        "The same notes, gone on from by an RNN and by an LSTM, to be heard one after the other",
        does="composing.both",
    ),
    Entry("&Run", "-"),
    Entry("&Run", "live", "Go &live", "Ctrl+L", "Show the microphone through the network", checkable=True),
    Entry(
        "&Run", "live_clip", "Live from the &clip", "Ctrl+Shift+L",
        "This clip as if it came from a microphone", checkable=True,
    ),
    Entry(
        "&Run", "live_twin", "Live with a &causal network", "Ctrl+Shift+J",
        "The bundled network that comes next to this one and answers from the past alone", does="instead.twin",
    ),
    Entry(
        "&Run", "live_windows", "Live in &windows", "Ctrl+Shift+K",
        "This network over and over on the last seconds: its answers come late", does="instead.windows",
    ),
    Entry(
        "&Run", "freeze", "&Freeze", "F", "Hold the live pictures to look at them", "freeze", checkable=True,
        does="listening.freeze",
    ),
    Entry(
        "&Run", "monitor", "&Denoise the microphone", "Ctrl+D",
        "The microphone through a denoiser to headphones; again to stop", checkable=True, does="monitoring.toggle",
    ),
    Entry(
        "&Run", "bypass", "Bypass the denoiser", "Ctrl+Y",
        "Hear the microphone as it is, as late as denoised; again to hear it denoised", checkable=True,
        does="monitoring.bypass",
    ),
    Entry("&Run", "-"),
    Entry(
        "&Run", "captions", "Start &captions", "C",
        "Write down what is said at the microphone, or what is live already; again to stop",
        does="captioning.toggle",
    ),
    Entry(
        "&Run", "captions_clip", "Captions from the clip", "Shift+C",
        "Write down what is said in this clip, as if it came from a microphone", does="captioning.toggle_clip",
    ),
    Entry(
        "&Run", "clear_captions", "Clear captions", "Ctrl+Shift+Del",
        "Captions begin anew; else those of the microphone go on below what it heard before",
        does="captioning.clear",
    ),
    Entry(
        "&Run", "transcribe", "&Transcribe the clip", "Ctrl+Shift+W",
        "All words of this clip, as labels that can be corrected; again to stop", does="captioning.transcribe",
    ),
    Entry(
        "&Run", "script", "Read a &script aloud", "Ctrl+Alt+S",
        "Follow a text that is read aloud: the place, the misread words and the word error rate",
    ),
    Entry("&Run", "-"),
    Entry("&Run", "stop_all", "&Stop everything", "Ctrl+.", "End every job"),
    Entry("&Help", "explain", "&What is this?", "F1", "Explain what is under the pointer"),
    Entry("&Help", "keys", "&Keys", "Ctrl+/", "All keys in one list"),
    Entry("&Help", "log", "Open the &log folder", "Ctrl+Shift+F1", "Where details of errors are written"),
    Entry("&Help", "about", "&About Otoscope", "Shift+F1", "Version and licence"),
)  # fmt: skip
