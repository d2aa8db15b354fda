"""Making an ONNX model from a GGUF file or a Hugging Face directory.

The only package that imports onnx, gguf and safetensors: completing, the server and the evaluation
import none of them.

    gguffile      a GGUF file: its tensors, sizes and tokenizer
    sizes         a model's numbers, and what follows from them
    checkpoint    GGUF or safetensors -> family, sizes, tokenizer, and tensors one at a time
    compose       sizes -> the graph
    initializers  checkpoint -> the graph's tensors, in its order and by its names
    reference     the model in numpy, as its makers define it
    gptq          a sample of texts -> the 4-bit weights, adjusted to it
    quantize      blocks of weights -> 4 or 8 bits
    write         graph and tensors -> files; on_device: what a GPU has beside them
    parity        the gate: is it still the same model?
    recipe        which files have passed the whole gate already
    pipeline      all of these in order, into a directory that appears only when it is whole
"""
