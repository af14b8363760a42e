"""From a stranger's bytes to an answer: safe decoding, and classification on LiteRT without TensorFlow."""
