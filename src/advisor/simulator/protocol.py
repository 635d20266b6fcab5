"""What a client may ask: request bodies, their checks, and refusals in vLLM's shape.

Unknown parameters are ignored and numbers in text are read, as vLLM does. Sampling parameters and
`stop` are checked and have no effect: the text is made up. What would change the shape of an answer and
is not simulated (several answers, log-probabilities, echo, images) is refused.
"""

import json
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from advisor.errors import printable
from advisor.simulator.profile import Profile
from advisor.simulator.tokens import chat_ids, count_chat, count_text, text_ids, text_seed

COMPLETION_MAX_TOKENS = 16
"""Output tokens of /v1/completions when the client states none: the API's historical default."""


class Refusal(Exception):  # noqa: N818 # an answer to the client, not a defect
    """A request that is answered with an error."""

    def __init__(self, status: HTTPStatus, kind: str, message: str, param: str | None) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"error": {"message": message, "type": kind, "param": param, "code": int(status)}}


class _Body(BaseModel):
    """Fields both generating endpoints share. None means the default, as JSON's null does in vLLM."""

    model_config = ConfigDict(extra="ignore")

    model: str | None = None
    max_tokens: int | None = None
    min_tokens: int = 0
    ignore_eos: bool = False
    stream: bool | None = False
    stream_options: "StreamOptions | None" = None
    n: int | None = 1
    stop: str | list[str] | None = None
    seed: int | None = None
    temperature: Annotated[float, Field(ge=0)] | None = None
    top_p: Annotated[float, Field(gt=0, le=1)] | None = None
    top_k: int | None = None
    min_p: Annotated[float, Field(ge=0, le=1)] | None = None
    presence_penalty: Annotated[float, Field(ge=-2, le=2)] | None = None
    frequency_penalty: Annotated[float, Field(ge=-2, le=2)] | None = None
    repetition_penalty: Annotated[float, Field(gt=0)] | None = None


class StreamOptions(BaseModel):
    model_config = ConfigDict(extra="ignore")

    include_usage: bool | None = False
    continuous_usage_stats: bool | None = False


class ContentPart(BaseModel):
    model_config = ConfigDict(extra="ignore")

    type: str
    text: str = ""


class Message(BaseModel):
    model_config = ConfigDict(extra="ignore")

    role: str
    content: str | list[ContentPart] | None = None


class ChatBody(_Body):
    """POST /v1/chat/completions."""

    messages: list[Message]
    max_completion_tokens: int | None = None
    logprobs: bool | None = False


class CompletionBody(_Body):
    """POST /v1/completions."""

    prompt: str | list[int] | list[str] | list[list[int]]
    logprobs: int | None = None
    echo: bool | None = False


class TokenizeBody(BaseModel):
    """POST /tokenize: a prompt, or the messages of a chat."""

    model_config = ConfigDict(extra="ignore")

    model: str | None = None
    prompt: str | None = None
    messages: list[Message] | None = None
    add_generation_prompt: bool = True


@dataclass(frozen=True, slots=True)
class Generation:
    """A checked request to generate text: what the engine and the reply need, and nothing else."""

    is_chat: bool
    streams: bool
    include_usage: bool
    continuous_usage: bool
    prompt_tokens: int
    max_tokens: int
    min_tokens: int
    ignore_eos: bool
    text_seed: int


def read_chat(raw: bytes, profile: Profile) -> Generation:
    """Check a chat request. Refusal with status 400 or 404."""
    body = _parse(ChatBody, raw)
    _check_model(body.model, profile)
    if not body.messages:
        raise bad_request("the list of messages is empty", "messages")
    contents = _contents(body.messages)
    _refuse_if(bool(body.logprobs), "logprobs")
    stated = body.max_tokens if body.max_completion_tokens is None else body.max_completion_tokens
    prompt_tokens = count_chat(contents)
    roles = [message.role for message in body.messages]
    return _generation(body, profile, prompt_tokens, stated, text_seed([*roles, *contents]), is_chat=True)


def read_completion(raw: bytes, profile: Profile) -> Generation:
    """Check a completion request. Refusal with status 400 or 404."""
    body = _parse(CompletionBody, raw)
    _check_model(body.model, profile)
    _refuse_if(body.logprobs is not None, "logprobs")
    _refuse_if(bool(body.echo), "echo")
    prompt = _single_prompt(body.prompt)
    prompt_tokens = count_text(prompt) if isinstance(prompt, str) else len(prompt)
    if not prompt_tokens:
        raise bad_request("The decoder prompt cannot be empty", "prompt")
    stated = COMPLETION_MAX_TOKENS if body.max_tokens is None else body.max_tokens
    return _generation(body, profile, prompt_tokens, stated, text_seed(prompt), is_chat=False)


def read_tokenize(raw: bytes, profile: Profile) -> list[int]:
    """Check a request to tokenize and number its tokens. Refusal with status 400 or 404."""
    body = _parse(TokenizeBody, raw)
    _check_model(body.model, profile)
    if body.messages is not None:
        return chat_ids(_contents(body.messages), generation_prompt=body.add_generation_prompt)
    if body.prompt is None:
        raise bad_request("a request to tokenize needs a prompt or messages", "prompt")
    return text_ids(body.prompt)


def bad_request(message: str, param: str | None) -> Refusal:
    """A request that was understood and cannot be served."""
    return Refusal(HTTPStatus.BAD_REQUEST, "BadRequestError", message, param)


_BodyType = TypeVar("_BodyType", bound=BaseModel)


def _parse(kind: type[_BodyType], raw: bytes) -> _BodyType:
    try:
        return kind.model_validate(json.loads(raw))
    except ValidationError as error:
        details = [
            {"type": one["type"], "loc": _place(one["loc"]), "msg": one["msg"], "input": printable(repr(one["input"]))}
            for one in error.errors(include_url=False)
        ]
        raise _invalid(details, details[0]["loc"]) from None
    except json.JSONDecodeError as error:
        place = f"body.{error.pos}"
        detail = {"type": "json_invalid", "loc": place, "msg": "JSON decode error", "ctx": {"error": error.msg}}
        raise _invalid([detail], place) from None
    except (ValueError, RecursionError):  # not UTF-8, a number of thousands of digits, or nested without end
        detail = {"type": "json_invalid", "loc": "body", "msg": "the body cannot be read as JSON"}
        raise _invalid([detail], "body") from None


def _invalid(details: list[dict[str, Any]], param: str) -> Refusal:
    errors = "error" if len(details) == 1 else "errors"
    lines = "".join(f"\n  {detail}" for detail in details)
    return Refusal(
        HTTPStatus.BAD_REQUEST, "Bad Request", f"{len(details)} validation {errors}:{lines}", printable(param)
    )


def _place(location: tuple[int | str, ...]) -> str:
    return ".".join(["body", *map(str, location)])


def _check_model(model: str | None, profile: Profile) -> None:
    if model is not None and model != profile.model:
        message = f"The model `{printable(model)}` does not exist. Valid aliases: {profile.model}."
        raise Refusal(HTTPStatus.NOT_FOUND, "NotFoundError", message, "model")


def _refuse_if(asked: bool, param: str) -> None:
    if asked:
        raise bad_request(f"{param} is not simulated", param)


def _contents(messages: list[Message]) -> list[str]:
    """The text of each message; parts are joined."""
    contents = []
    for message in messages:
        parts = message.content if isinstance(message.content, list) else []
        _refuse_if(any(part.type != "text" for part in parts), "messages.content other than text")
        contents.append("".join(part.text for part in parts) if parts else str(message.content or ""))
    return contents


def _single_prompt(prompt: str | list[int] | list[str] | list[list[int]]) -> str | list[int]:
    """The one prompt of a request, which may stand in a list of its own."""
    if isinstance(prompt, str):
        return prompt
    tokens = [item for item in prompt if isinstance(item, int)]
    if len(tokens) == len(prompt):
        return tokens
    if len(prompt) > 1:
        raise bad_request("more than one prompt in a request is not simulated", "prompt")
    only = prompt[0]
    assert not isinstance(only, int), "a list of one integer is a tokenized prompt"
    return only


def _generation(
    body: _Body, profile: Profile, prompt_tokens: int, stated: int | None, seed: int, *, is_chat: bool
) -> Generation:
    if body.n not in (None, 1):
        raise bad_request("n other than 1 is not simulated", "n")
    max_tokens = _max_tokens(stated, prompt_tokens, profile.max_model_len)
    if not 0 <= body.min_tokens <= max_tokens:
        raise bad_request(f"min_tokens must be between 0 and max_tokens={max_tokens}, got {body.min_tokens}.", None)
    options = body.stream_options or StreamOptions()
    if body.stream_options is not None and not body.stream:
        raise bad_request("Stream options can only be defined when `stream=True`.", "stream_options")
    return Generation(
        is_chat=is_chat,
        streams=bool(body.stream),
        include_usage=bool(options.include_usage),
        continuous_usage=bool(options.include_usage and options.continuous_usage_stats),
        prompt_tokens=prompt_tokens,
        max_tokens=max_tokens,
        min_tokens=body.min_tokens,
        ignore_eos=body.ignore_eos,
        text_seed=seed,
    )


def _max_tokens(stated: int | None, prompt_tokens: int, limit: int) -> int:
    """The output tokens to generate at most: as stated, or what the context leaves."""
    if stated is not None and stated < 1:
        raise bad_request(f"max_tokens must be at least 1, got {stated}. (parameter=max_tokens)", "max_tokens")
    if stated is not None and stated > limit:
        message = (
            f"max_tokens={stated} cannot be greater than max_model_len={limit}. Please request fewer output tokens."
        )
        raise bad_request(f"{message} (parameter=max_tokens, value={stated})", "max_tokens")
    wanted = 1 if stated is None else stated
    if prompt_tokens + wanted > limit:
        message = (
            f"This model's maximum context length is {limit} tokens. However, you requested {wanted} output tokens and "
            f"your prompt contains {prompt_tokens} input tokens, for a total of {prompt_tokens + wanted} tokens. "
            "Please reduce the length of the input prompt or the number of requested output tokens."
        )
        raise bad_request(f"{message} (parameter=input_tokens, value={prompt_tokens})", "input_tokens")
    return limit - prompt_tokens if stated is None else stated
