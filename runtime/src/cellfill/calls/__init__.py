"""The calls of a person: each puts a model, a task and a run together."""
