"""RNN, LSTM and GRU with their derivatives, in NumPy alone: to be read beside the equations.

Begin with rnn.py, the smallest cell; cell.py runs any of them over time; then output.py, loss.py and net.py, which
trains. lstm.py and gru.py differ from rnn.py only in the step; layer.py goes in both directions; check.py proves
the derivatives.

Everywhere an array over time is [T, N, B]: step, unit, clip. A column is one clip of the batch, so that the `W x`
of an equation is `W @ x` in the code. `dh` stands for dL/dh, the change of the loss L with h, and has the shape of
h. A prime in an equation marks the step before: h' is h at t - 1.
"""

LESSON = ("cell", "rnn", "output", "loss", "clip", "optim", "batch", "layer", "net")
"""The files that the first lesson shows."""
