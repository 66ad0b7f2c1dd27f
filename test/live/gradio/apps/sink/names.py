"""Names that are hard on a caller: none, the same twice, in other scripts, hidden ones."""

import gradio as gr

from serving import PRIVATE, UNLISTED


def shout(text, options):
    return text.upper() + options


def größe(länge, 幅):
    """Rechnet die Fläche aus (面積)."""
    return länge * 幅


def long_names(a_parameter_with_a_name_that_is_longer_than_sixty_four_characters_in_all):
    return a_parameter_with_a_name_that_is_longer_than_sixty_four_characters_in_all


def build():
    text = gr.Textbox(label="Text")
    same = gr.Textbox(label="Text", value="!")
    answer = gr.Textbox(label="Answer")
    unlabelled = gr.Textbox()
    length = gr.Number(label="Länge")
    width = gr.Number(label="幅")
    button = gr.Button("Name")
    button.click(shout, [text, same], answer)
    button.click(shout, [text, same], answer)
    button.click(lambda value: value, text, answer)
    button.click(lambda value: value, text, answer)
    button.click(lambda *values: "".join(values), [text, same, unlabelled], answer, api_name="any_number")
    button.click(größe, [length, width], gr.Number(label="Fläche"), api_name="größe")
    button.click(long_names, text, answer, api_name="a_name_that_is_much_longer_than_what_most_callers_can_take_as_a_name")
    button.click(lambda value: value, text, answer, api_name="on_change")
    button.click(lambda value: value, text, answer, **{"api_name": "unlisted", **UNLISTED})
    button.click(lambda value: value, text, answer, **PRIVATE)
