"""Making an ONNX model from a GGUF file or a Hugging Face directory.

The only package that imports torch, transformers, onnx and the builder, all of the `export`
extra: completing, the server and the evaluation run without them.

    gguffile    a GGUF file: its tensors, sizes and tokenizer
    checkpoint  GGUF or safetensors -> a Hugging Face directory in fp32, with its tokenizer
    builder     that directory -> fp32 or fp16 ONNX, by onnxruntime-genai's builder
    rewrite     that ONNX -> ours: chosen logits, one tensor for embedding and head, quantized
    quantize    blocks of weights -> 4 or 8 bits
    parity      the gate: is it still the same model?
    recipe      which files have passed the whole gate already
    pipeline    all of these in order, into a directory that appears only when it is whole
"""
