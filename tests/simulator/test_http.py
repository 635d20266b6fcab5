"""The API as a client meets it, over loopback, beside what vLLM was captured to answer."""

import asyncio
import json
import socket
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from advisor import __version__
from advisor.simulator.profile import parse_profile
from advisor.simulator.server import SimulatorProcess
from patience import PATIENCE_S, unhindered, until

from .support import CAPTURES, captured_body, chat_body, events, metrics_page, shape, text_of, total

WITH_USAGE: dict[str, Any] = {"stream": True, "stream_options": {"include_usage": True}}


def ask(client: httpx.Client, path: str, body: dict[str, Any]) -> httpx.Response:
    return client.post(path, json=body)


class TestStreams:
    def test_a_chat_streams_events_in_the_shapes_of_vllm(self, client: httpx.Client) -> None:
        response = ask(client, "/v1/chat/completions", chat_body(max_tokens=24, ignore_eos=True, **WITH_USAGE))
        ours, theirs = events(response.text), events(captured_body("chat_stream.txt"))
        assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert len(ours) == len(theirs) == 26
        for place in (0, 1, -2, -1):  # role, token, last token, usage
            assert shape(ours[place]) == shape(theirs[place])
        assert ours[0]["choices"][0]["delta"] == {"role": "assistant", "content": ""}
        assert ours[-2]["choices"][0]["finish_reason"] == "length"
        assert [chunk["id"] for chunk in ours] == [ours[0]["id"]] * 26

    def test_a_completion_streams_events_in_the_shapes_of_vllm(self, client: httpx.Client) -> None:
        body = {"prompt": "Tell me more", "max_tokens": 24, "ignore_eos": True, **WITH_USAGE}
        ours = events(ask(client, "/v1/completions", body).text)
        theirs = events(captured_body("completions_stream.txt"))
        assert [shape(chunk) for chunk in ours] == [shape(chunk) for chunk in theirs]

    def test_without_being_asked_a_stream_states_no_usage(self, client: httpx.Client) -> None:
        chunks = events(ask(client, "/v1/chat/completions", chat_body(max_tokens=3, stream=True)).text)
        assert len(chunks) == 4
        assert not any("usage" in chunk for chunk in chunks)

    def test_continuous_usage_counts_along(self, client: httpx.Client) -> None:
        options = {"include_usage": True, "continuous_usage_stats": True}
        body = chat_body(max_tokens=3, ignore_eos=True, stream=True, stream_options=options)
        chunks = events(ask(client, "/v1/chat/completions", body).text)
        assert [chunk["usage"]["completion_tokens"] for chunk in chunks] == [0, 1, 2, 3, 3]

    def test_a_natural_end_is_a_token_without_text_and_a_stop(self, client: httpx.Client) -> None:
        chunks = events(ask(client, "/v1/chat/completions", chat_body(max_tokens=9_000, **WITH_USAGE)).text)
        tokens = chunks[-1]["usage"]["completion_tokens"]
        assert chunks[-2]["choices"][0]["finish_reason"] == "stop"
        assert chunks[-2]["choices"][0]["delta"]["content"] == ""
        assert len(chunks) == tokens + 2
        assert len(text_of(chunks)) == 4 * (tokens - 1)


class TestDocuments:
    def test_a_chat_without_a_stream_says_the_same_in_one_document(self, client: httpx.Client) -> None:
        body = chat_body(max_tokens=12, ignore_eos=True)
        answer = ask(client, "/v1/chat/completions", body).json()
        streamed = events(ask(client, "/v1/chat/completions", {**body, **WITH_USAGE}).text)
        theirs = json.loads(captured_body("chat_nonstream.txt"))
        assert answer.keys() <= theirs.keys()
        assert answer["choices"][0]["message"].keys() == theirs["choices"][0]["message"].keys()
        assert shape(answer["usage"]) == shape(theirs["usage"])
        assert answer["choices"][0]["message"]["content"] == text_of(streamed)
        assert answer["usage"]["completion_tokens"] == streamed[-1]["usage"]["completion_tokens"] == 12

    def test_a_completion_without_a_stream_has_sixteen_tokens_by_default(self, client: httpx.Client) -> None:
        answer = ask(client, "/v1/completions", {"prompt": "Tell me more", "ignore_eos": True}).json()
        assert answer["object"] == "text_completion"
        assert answer["choices"][0]["finish_reason"] == "length"
        assert len(answer["choices"][0]["text"]) == 4 * answer["usage"]["completion_tokens"] == 64

    def test_the_text_is_the_same_for_the_same_prompt_and_another_for_another(self, client: httpx.Client) -> None:
        def said(prompt: str) -> str:
            answer = ask(client, "/v1/chat/completions", chat_body(prompt, max_tokens=12, ignore_eos=True))
            return str(answer.json()["choices"][0]["message"]["content"])

        assert said("one") == said("one") != said("two")

    def test_the_model_is_listed_with_its_length(self, client: httpx.Client) -> None:
        listed, theirs = client.get("/v1/models").json(), json.loads((CAPTURES / "models.json").read_text("utf-8"))
        assert listed.keys() == theirs.keys()
        assert listed["data"][0].keys() == theirs["data"][0].keys()
        assert listed["data"][0]["id"] == "llama-4-scout-simulated"
        assert listed["data"][0]["max_model_len"] == parse_profile("fast").max_model_len

    def test_the_version_says_that_it_is_simulated_and_is_no_engines(self, client: httpx.Client) -> None:
        version = client.get("/version").json()
        assert version == {"version": f"{__version__}+simulated", "simulated": True, "profile": "fast"}

    def test_health_is_an_empty_200(self, client: httpx.Client) -> None:
        response = client.get("/health")
        assert (response.status_code, response.content) == (200, b"")


class TestTokenCounts:
    @pytest.mark.parametrize(
        "prompt",
        ["x", "How is the weather?", "Grüße, 世界 🌍", "y" * 4_000],
        ids=["a letter", "a question", "beyond ASCII", "a page"],
    )
    def test_tokenize_counts_what_usage_counts(self, client: httpx.Client, prompt: str) -> None:
        limits = {"max_tokens": 1, "ignore_eos": True}
        chat = ask(client, "/v1/chat/completions", chat_body(prompt, **limits)).json()
        plain = ask(client, "/v1/completions", {"prompt": prompt, **limits}).json()
        chat_count = ask(client, "/tokenize", chat_body(prompt)).json()
        plain_count = ask(client, "/tokenize", {"prompt": prompt}).json()
        assert chat_count["count"] == len(chat_count["tokens"]) == chat["usage"]["prompt_tokens"]
        assert plain_count["count"] == len(plain_count["tokens"]) == plain["usage"]["prompt_tokens"]
        assert list(plain_count) == ["count", "max_model_len", "tokens", "token_strs"]

    def test_a_prompt_may_be_token_ids(self, client: httpx.Client) -> None:
        answer = ask(client, "/v1/completions", {"prompt": [5, 6, 7], "max_tokens": 1}).json()
        assert answer["usage"]["prompt_tokens"] == 3

    def test_a_message_may_be_parts_of_text(self, client: httpx.Client) -> None:
        parts = [{"type": "text", "text": "How is "}, {"type": "text", "text": "the weather?"}]
        message = {"messages": [{"role": "user", "content": parts}]}
        whole = ask(client, "/tokenize", chat_body("How is the weather?")).json()
        assert ask(client, "/tokenize", message).json() == whole

    def test_the_counters_move_by_what_usage_says(self, client: httpx.Client) -> None:
        before = metrics_page(client)
        usages = [
            events(ask(client, "/v1/chat/completions", chat_body("a" * size, max_tokens=40, **WITH_USAGE)).text)[-1]
            for size in (10, 500, 3_000)
        ]
        after = metrics_page(client)
        moved = {
            name: total(after, name) - total(before, name)
            for name in (
                "prompt_tokens_total",
                "generation_tokens_total",
                "request_success_total",
                "time_to_first_token_seconds_count",
                "inter_token_latency_seconds_count",
            )
        }
        prompt_tokens = sum(chunk["usage"]["prompt_tokens"] for chunk in usages)
        generated = sum(chunk["usage"]["completion_tokens"] for chunk in usages)
        assert list(moved.values()) == [prompt_tokens, generated, 3, 3, generated - 3]


class TestRefusals:
    @pytest.mark.parametrize(
        ("capture", "body"),
        [
            ("err_400_bad_json.txt", '{"model": "llama-4-scout-simulated",}'),
            ("err_400_too_long.txt", json.dumps(chat_body(max_tokens=800_000))),
            ("err_404_model.txt", json.dumps(chat_body(model="nope"))),
        ],
    )
    def test_a_refusal_has_the_shape_of_vllm(self, client: httpx.Client, capture: str, body: str) -> None:
        theirs = json.loads(captured_body(capture))
        response = client.post("/v1/chat/completions", content=body)
        ours = response.json()
        assert shape(ours) == shape(theirs)
        assert response.status_code == ours["error"]["code"] == theirs["error"]["code"]
        assert ours["error"]["type"] == theirs["error"]["type"]
        assert ours["error"]["message"][:10] == theirs["error"]["message"][:10]

    @pytest.mark.parametrize(
        ("parameters", "param"),
        [
            ({"max_tokens": "many"}, "body.max_tokens"),
            ({"max_tokens": {"n": 3}}, "body.max_tokens"),
            ({"stream": "perhaps"}, "body.stream"),
            ({"temperature": -1}, "body.temperature"),
            ({"top_p": 2}, "body.top_p"),
            ({"stop": 3}, "body.stop.str"),
            ({"ignore_eos": None}, "body.ignore_eos"),
            ({"messages": "hello"}, "body.messages"),
            ({"messages": [{"content": "hello"}]}, "body.messages.0.role"),
            ({"messages": []}, "messages"),
            ({"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}, "messages.content other than text"),
            ({"max_tokens": 0}, "max_tokens"),
            ({"max_completion_tokens": -1}, "max_tokens"),
            ({"min_tokens": 5, "max_tokens": 4}, None),
            ({"n": 2}, "n"),
            ({"logprobs": True}, "logprobs"),
            ({"stream_options": {"include_usage": True}}, "stream_options"),
            ({"messages": [{"role": "user", "content": "z" * 131_072}], "max_tokens": 1}, "input_tokens"),
        ],
    )
    def test_a_chat_that_cannot_be_served_is_a_400_that_names_the_parameter(
        self, client: httpx.Client, parameters: dict[str, Any], param: str | None
    ) -> None:
        response = ask(client, "/v1/chat/completions", {**chat_body(), **parameters})
        assert response.status_code == 400
        assert response.json()["error"]["param"] == param

    @pytest.mark.parametrize(
        ("parameters", "param"),
        [
            ({"prompt": ""}, "prompt"),
            ({"prompt": []}, "prompt"),
            ({"prompt": ["one", "two"]}, "prompt"),
            ({"echo": True}, "echo"),
            ({"logprobs": 0}, "logprobs"),
        ],
    )
    def test_a_completion_that_cannot_be_served_is_a_400_that_names_the_parameter(
        self, client: httpx.Client, parameters: dict[str, Any], param: str
    ) -> None:
        response = ask(client, "/v1/completions", {"prompt": "hello", **parameters})
        assert response.status_code == 400
        assert response.json()["error"]["param"] == param

    @pytest.mark.parametrize(
        "body",
        [b"", b"\xff\xfe\x00", b"[" * 100_000, b"7" * 5_000, b"[]", b"null"],
        ids=["nothing", "not text", "too deep", "too long a number", "a list", "null"],
    )
    def test_a_body_that_is_no_request_is_a_400(self, client: httpx.Client, body: bytes) -> None:
        for path in ("/v1/chat/completions", "/v1/completions", "/tokenize"):
            response = client.post(path, content=body)
            assert response.status_code == 400
            assert response.json()["error"]["message"].startswith("1 validation error:")

    def test_a_tokenize_request_without_text_is_a_400(self, client: httpx.Client) -> None:
        assert ask(client, "/tokenize", {}).json()["error"]["param"] == "prompt"

    def test_unknown_and_sampling_parameters_are_accepted(self, client: httpx.Client) -> None:
        accepted = {"temperature": 0.7, "top_p": 0.9, "stop": ["\n"], "seed": 1, "made_up": True, "max_tokens": 2}
        assert ask(client, "/v1/chat/completions", {**chat_body(), **accepted}).status_code == 200
        assert ask(client, "/v1/completions", {"prompt": "hello", **accepted}).status_code == 200

    def test_a_lone_surrogate_is_text_like_any_other(self, client: httpx.Client) -> None:
        response = client.post("/v1/completions", content=b'{"prompt": "\\ud800", "max_tokens": 1, "model": null}')
        assert response.json()["usage"]["prompt_tokens"] == 1

    @pytest.mark.parametrize(("path", "status"), [("/v1/embeddings", 404), ("/", 404), ("/v1/completions", 405)])
    def test_other_routes_and_methods_are_refused(self, client: httpx.Client, path: str, status: int) -> None:
        assert client.get(path).status_code == status


class TestTheLabel:
    @pytest.mark.parametrize(
        ("method", "path", "body"),
        [
            ("GET", "/version", None),
            ("GET", "/v1/models", None),
            ("GET", "/health", None),
            ("GET", "/metrics", None),
            ("GET", "/nope", None),
            ("DELETE", "/v1/completions", None),
            ("POST", "/tokenize", {"prompt": "hello"}),
            ("POST", "/v1/completions", {"prompt": "hello"}),
            ("POST", "/v1/completions", {"prompt": "hello", "stream": True}),
            ("POST", "/v1/completions", {"prompt": 7}),
            ("POST", "/v1/chat/completions", {"model": "nope", "messages": []}),
        ],
    )
    def test_every_response_says_that_it_is_simulated(
        self, client: httpx.Client, method: str, path: str, body: dict[str, Any] | None
    ) -> None:
        response = client.request(method, path, json=body)
        assert response.headers.get_list("x-advisor-simulated") == ["1"]

    def test_so_does_the_answer_to_what_is_not_http(self, fast_endpoint: SimulatorProcess) -> None:
        address = urlsplit(fast_endpoint.url)
        assert address.hostname and address.port
        with socket.create_connection((address.hostname, address.port), timeout=PATIENCE_S) as connection:
            connection.sendall(b"what is this\r\n\r\n")
            answer = b"".join(iter(lambda: connection.recv(4096), b""))
        assert answer.startswith(b"HTTP/1.1 400")
        assert b"\r\nx-advisor-simulated: 1\r\n" in answer


class TestTheApiKey:
    @pytest.fixture(scope="class")
    def guarded(self) -> Iterator[httpx.Client]:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("KEY_OF_THE_TEST", "s3cret")
            with (
                SimulatorProcess("fast", api_key_env="KEY_OF_THE_TEST") as endpoint,
                httpx.Client(base_url=endpoint.url) as client,
            ):
                yield client

    @pytest.mark.parametrize("given", [None, "Bearer wrong", "Basic s3cret", "s3cret", "Bearer", "Bearer s3cret2"])
    @pytest.mark.parametrize("path", ["/v1/models", "/tokenize", "/nope"])
    def test_without_the_key_every_guarded_path_is_a_401(
        self, guarded: httpx.Client, given: str | None, path: str
    ) -> None:
        response = guarded.get(path, headers={"authorization": given} if given else {})
        assert response.status_code == 401
        assert response.json() == {"error": "Unauthorized"}
        assert response.headers["x-advisor-simulated"] == "1"

    def test_with_the_key_the_model_is_listed(self, guarded: httpx.Client) -> None:
        assert guarded.get("/v1/models", headers={"authorization": "bearer s3cret"}).status_code == 200

    @pytest.mark.parametrize("path", ["/health", "/version", "/metrics"])
    def test_probes_need_no_key(self, guarded: httpx.Client, path: str) -> None:
        assert guarded.get(path).status_code == 200


class TestCapacity:
    LONG = 20_000
    """Output tokens of a request that outlives its test."""

    @pytest.fixture
    def two_slots(self) -> Iterator[httpx.Client]:
        with (
            SimulatorProcess("fast,max_num_seqs=2") as endpoint,
            httpx.Client(base_url=endpoint.url, timeout=PATIENCE_S) as client,
        ):
            yield client

    def test_a_client_that_leaves_frees_its_slot(self, two_slots: httpx.Client) -> None:
        body = chat_body(max_tokens=self.LONG, ignore_eos=True, stream=True)
        with (
            two_slots.stream("POST", "/v1/chat/completions", json=body) as first,
            two_slots.stream("POST", "/v1/chat/completions", json=body) as second,
        ):
            answers = [response.iter_raw() for response in (first, second)]  # httpx closes what nobody holds
            assert all(next(answer) for answer in answers)
            with two_slots.stream("POST", "/v1/chat/completions", json=body):
                page = metrics_page(two_slots)
                assert (total(page, "num_requests_running"), total(page, "num_requests_waiting")) == (2, 1)
                assert 0 < total(page, "kv_cache_usage_perc") < 1
        page = self.page_when_idle(two_slots)
        assert total(page, "request_success_total", 'finished_reason="abort"') == 3
        assert total(page, "kv_cache_usage_perc") == 0
        answered = ask(two_slots, "/v1/chat/completions", chat_body(max_tokens=2, ignore_eos=True))
        assert answered.json()["usage"]["completion_tokens"] == 2

    def test_a_client_that_leaves_before_its_document_frees_its_slot(self, two_slots: httpx.Client) -> None:
        body = json.dumps({"prompt": "hello", "max_tokens": self.LONG, "ignore_eos": True}).encode()
        address = urlsplit(str(two_slots.base_url))
        with socket.create_connection((address.hostname, address.port), timeout=PATIENCE_S) as connection:
            connection.sendall(b"POST /v1/completions HTTP/1.1\r\nhost: here\r\ncontent-length: %d\r\n\r\n" % len(body))
            connection.sendall(body)
            until(lambda: total(metrics_page(two_slots), "num_requests_running") == 1)
        page = self.page_when_idle(two_slots)
        assert total(page, "request_success_total", 'finished_reason="abort"') == 1

    @staticmethod
    def page_when_idle(client: httpx.Client) -> str:
        """The metrics once nothing runs; the server learns of a closed connection when its loop turns."""
        pages = [""]

        def is_idle() -> bool:
            pages.append(metrics_page(client))
            return total(pages[-1], "num_requests_running") + total(pages[-1], "num_requests_waiting") == 0

        until(is_idle)
        return pages[-1]


class TestTheCurve:
    """What a client sees of the step times; it sees tokens late on a busy machine, so it looks over many steps."""

    PROFILE = "default,t0_ms=3,per_expert_ms=12,per_stream_ms=0.1"
    TOKENS = 120
    CURVE = parse_profile(PROFILE).step_curve

    def test_eight_streams_are_slower_than_one_by_what_the_profile_states(self) -> None:
        with SimulatorProcess(self.PROFILE) as endpoint:
            alone_ms = unhindered(
                lambda: asyncio.run(self.mean_gap_ms(endpoint, 1)), lambda seen: seen != self.near_step(1)
            )
            with httpx.Client(base_url=endpoint.url, timeout=PATIENCE_S) as client:
                page = metrics_page(client)
            together_ms = unhindered(
                lambda: asyncio.run(self.mean_gap_ms(endpoint, 8)), lambda seen: seen != self.near_step(8)
            )
        stated_s = total(page, "inter_token_latency_seconds_sum") / total(page, "inter_token_latency_seconds_count")
        assert 1e3 * stated_s == pytest.approx(self.CURVE.step_ms(1))
        assert alone_ms == self.near_step(1)
        assert together_ms == self.near_step(8)
        assert together_ms > 1.8 * alone_ms

    def near_step(self, streams: int) -> Any:
        return pytest.approx(self.CURVE.step_ms(streams), rel=0.1)

    async def mean_gap_ms(self, endpoint: SimulatorProcess, streams: int) -> float:
        """Between the tokens of each stream, over the time in which all of them run."""
        async with httpx.AsyncClient(base_url=endpoint.url, timeout=PATIENCE_S) as client:
            seen = await asyncio.gather(*(self.token_times_s(client) for _ in range(streams)))
        begin_s, end_s = max(times_s[0] for times_s in seen), min(times_s[-1] for times_s in seen)
        common = [[at_s for at_s in times_s if begin_s <= at_s <= end_s] for times_s in seen]
        gaps = sum(len(times_s) - 1 for times_s in common)
        return 1e3 * sum(times_s[-1] - times_s[0] for times_s in common if times_s) / max(1, gaps)

    async def token_times_s(self, client: httpx.AsyncClient) -> list[float]:
        """When the client of one stream saw its tokens."""
        body = chat_body(max_tokens=self.TOKENS, ignore_eos=True, stream=True)
        async with client.stream("POST", "/v1/chat/completions", json=body) as response:
            seen_s = [time.perf_counter() async for line in response.aiter_lines() if '"content":" ' in line]
        assert len(seen_s) == self.TOKENS
        return seen_s
