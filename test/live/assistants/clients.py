"""The API as `openai` for Python sees it, and as the schema of Open Responses does: BASE and KEY come by the environment."""

import json
import os
import sys
import urllib.request

import openai
import openresponses_types.types as types
from pydantic import BaseModel

base, key, kind = os.environ["BASE"], os.environ["KEY"], sys.argv[1]
client = openai.OpenAI(base_url=base, api_key=key, max_retries=0)


def events_by_type():
    """The models of events, by the one value that their `type` may have."""
    found = {}
    for model in vars(types).values():
        field = isinstance(model, type) and issubclass(model, BaseModel) and model.model_fields.get("type")
        if not field or not model.__name__.endswith("StreamingEvent"):
            continue
        (value,) = field.annotation
        found[value.value] = model
    return found


def post(path, body):
    request = urllib.request.Request(
        base + path,
        data=json.dumps(body).encode(),
        headers={"Authorization": "Bearer " + key, "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request) as answer:
        return answer.read().decode()


def validate(body):
    """Every event, and the response, by the schema; the order, the numbers and the end by the specification."""
    models = events_by_type()
    seen = []
    text = post("/responses", {**body, "stream": True})
    blocks = [block for block in text.split("\n\n") if block and not block.startswith(":")]
    assert blocks[-1] == "data: [DONE]", blocks[-1]
    for number, block in enumerate(blocks[:-1]):
        name, data = block.split("\n")
        event = json.loads(data.removeprefix("data: "))
        assert name == "event: " + event["type"], name
        assert event["sequence_number"] == number, (event["sequence_number"], number)
        models[event["type"]].model_validate(event)
        seen.append(event["type"])
    types.ResponseResource.model_validate(event["response"])
    whole = json.loads(post("/responses", body))
    types.ResponseResource.model_validate(whole)
    return {"events": sorted(set(seen)), "last": seen[-1], "status": whole["status"]}


WEATHER = {
    "type": "function",
    "name": "get_weather",
    "description": None,
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
}

if kind == "validate":
    # The requests of the compliance suite of Open Responses.
    picture = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
    asked = {
        "text": {"input": [{"type": "message", "role": "user", "content": "Say hello in exactly 3 words."}]},
        "system": {
            "input": [
                {"type": "message", "role": "system", "content": "You are a pirate."},
                {"type": "message", "role": "user", "content": "Say hello."},
            ]
        },
        "tool": {"input": 'CALL get_weather {"city":"Oslo"}', "tools": [WEATHER]},
        "image": {
            "input": [
                {
                    "type": "message",
                    "role": "user",
                    "content": [
                        {"type": "input_text", "text": "What do you see?"},
                        {"type": "input_image", "image_url": picture},
                    ],
                }
            ]
        },
        "turns": {
            "input": [
                {"type": "message", "role": "user", "content": "My name is Alice."},
                {"type": "message", "role": "assistant", "content": "Hello Alice!"},
                {"type": "message", "role": "user", "content": "What is my name?"},
            ]
        },
        "cut": {"input": "FAULT length", "temperature": 0.2, "top_p": 0.9, "metadata": {"a": "b"}},
        "refusal": {"input": "FAULT refusal"},
        "settings": {
            "input": "hi",
            "instructions": "Be brief.",
            "max_output_tokens": 100,
            "max_tool_calls": 2,
            "tool_choice": "none",
            "parallel_tool_calls": False,
            "reasoning": {"effort": "low"},
            "text": {"format": {"type": "json_object"}},
            "truncation": "auto",
            "store": False,
        },
    }
    result = {name: validate({"model": "hugwire", **body}) for name, body in asked.items()}
    # A failure within the stream.
    models = events_by_type()
    text = post("/responses", {"model": "hugwire", "input": "FAULT credits", "stream": True})
    last = json.loads(text.strip().split("\n\n")[-2].split("\n")[1].removeprefix("data: "))
    models[last["type"]].model_validate(last)
    result["failed"] = {"last": last["type"], "code": last["response"]["error"]["code"]}
    print(json.dumps(result))
else:
    result = {}
    first = client.responses.create(model="hugwire", input="My name is Ada")
    second = client.responses.create(model="hugwire", input="What is my name?", previous_response_id=first.id)
    result["previous"] = second.output_text
    with client.responses.stream(model="hugwire", input="Find a whisper model") as stream:
        result["events"] = len(list(stream))
        final = stream.get_final_response()
    result["output"] = [item.type for item in final.output]
    result["call"] = [item.arguments for item in final.output if item.type == "mcp_call"]
    conversation = client.conversations.create(metadata={"customer": "42"})
    client.responses.create(model="hugwire", input="Call me Bob", conversation=conversation.id)
    told = client.responses.create(model="hugwire", input="What is my name?", conversation=conversation.id)
    result["conversation"] = told.output_text
    result["items"] = [item.role for item in client.conversations.items.list(conversation.id, order="asc")]
    asked = client.responses.create(model="hugwire", input="Draw a mountain")
    request = asked.output[-1]
    done = client.responses.create(
        model="hugwire",
        previous_response_id=asked.id,
        input=[{"type": "mcp_approval_response", "approval_request_id": request.id, "approve": True}],
    )
    result["approved"] = [item.type for item in done.output][:1]
    result["chat"] = client.chat.completions.create(
        model="hugwire", messages=[{"role": "user", "content": "hello"}]
    ).choices[0].message.content
    chunks = client.chat.completions.create(
        model="hugwire",
        messages=[{"role": "user", "content": "hello"}],
        stream=True,
        stream_options={"include_usage": True},
    )
    parts = list(chunks)
    result["streamed"] = "".join(chunk.choices[0].delta.content or "" for chunk in parts if chunk.choices)
    result["usage"] = parts[-1].usage.total_tokens > 0
    result["models"] = [model.id for model in client.models.list()]
    background = client.responses.create(model="hugwire", input="Tell me a long story", background=True)
    result["cancelled"] = client.responses.cancel(background.id).status
    try:
        client.responses.create(model="nobody", input="hi")
    except openai.NotFoundError as error:
        result["error"] = [error.code, error.param, error.status_code]
    print(json.dumps(result))
