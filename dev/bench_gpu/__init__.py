"""What the engine does and costs on a GPU, on a machine that has one and no network.

    make bench-gpu-pieces    here, with network: all that the machine lacks, in pieces of 45 MB
    make bench-gpu           there: takes in the pieces that the checkout carries, then measures

The pieces lie in `.bench-gpu/NN/`, which git ignores. They may be carried there one after the
other: what was taken in stays in a folder there, the store.

Making (`making`, and `runtime`, `model` for what is made) needs the development set-up. Of the
measuring, the process that is started (`taking`, `running`, `results`) needs Python alone; each
step (`steps`) is a process of its own, so that one that hangs or crashes takes no other with it.
"""
