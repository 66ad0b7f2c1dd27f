"""Functions without components, which Gradio describes by their type hints (from Gradio 5 on)."""

from typing import Any, Literal, Optional

import gradio as gr


def add_up(numbers: list[int], weights: dict[str, float], start: float = 0.5) -> float:
    """Adds numbers up.

    Args:
        numbers: What to add.
        weights: What to add as well, by name.
        start: Where to begin.
    """
    return start + sum(numbers) + sum(weights.values())


def choose(mode: Literal["fast", "good"], level: Literal[1, 2, 3] = 2) -> str:
    return f"{mode}-{level}"


def maybe(name: Optional[str] = None, flag: bool = False) -> dict:
    return {"name": name, "flag": flag}


def anything(value: Any) -> Any:
    return value


def build():
    for function in (add_up, choose, maybe, anything):
        gr.api(function, api_name=function.__name__)
