"""From TensorFlow to ONNX, for any architecture."""
