"""The parts of the kitchen sink: an app with an endpoint for everything that Gradio can do."""
