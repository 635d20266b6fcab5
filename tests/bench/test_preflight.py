"""Preflight: what an endpoint tells, and one sentence for everything that can be wrong with it."""

import asyncio
import re
import socket
import subprocess

import pytest

from advisor.bench.plan import Api, Secret, Target
from advisor.bench.preflight import Preflight, preflight
from advisor.errors import AdvisorError, EndpointError, InputError
from patience import PATIENCE_S
from servers.engine import OVERHEAD_TOKENS, TOKENS_PER_WORD, Engine
from servers.raw import (
    DONE,
    Connection,
    RawServer,
    Request,
    Script,
    chunk,
    chunks,
    event,
    head,
    json_answer,
    role_event,
    stream_head,
    text_event,
    whole,
)

HOSTILE = "\x1b]0;owned\x07\x9b2J\u202e\r\n" + "A" * 9999
KEY = "sk-very-secret-0123456789"


async def tried(script: Script, path: str = "", **options: object) -> Preflight:
    with RawServer(script) as server:
        return await preflight(Target.with_key(server.url + path, Secret(KEY)), timeout_s=PATIENCE_S, **options)  # type: ignore[arg-type]


class TestWhatItTells:
    async def test_the_only_model_its_engine_and_what_it_accepts(self) -> None:
        found = await tried(Engine(version={"version": "0.33.1"}))
        assert (found.model, found.engine, found.engine_version) == ("tiny", "vllm", "0.33.1")
        assert found.accepted == ("stream_options", "ignore_eos", "min_tokens")
        assert (found.refused, found.max_model_len, found.gives_usage, found.simulated) == ((), 4096, True, False)

    async def test_the_prompt_is_calibrated_by_usage(self) -> None:
        calibration = (await tried(Engine())).calibration
        assert calibration.source == "usage"
        assert calibration.tokens_per_word == pytest.approx(TOKENS_PER_WORD, rel=0.01)
        nonce = 5 * TOKENS_PER_WORD
        assert calibration.overhead_tokens == pytest.approx(OVERHEAD_TOKENS + nonce, abs=1.5)

    async def test_without_usage_the_prompt_is_assumed(self) -> None:
        found = await tried(Engine(gives_usage=False))
        assert (found.gives_usage, found.calibration.source) == (False, "assumed")

    @pytest.mark.parametrize("path", ["/v1", "/team/llama", "/team/llama/v1/"])
    async def test_base_and_prefix_are_understood(self, path: str) -> None:
        assert (await tried(Engine(), path)).model == "tiny"

    async def test_the_completions_api(self) -> None:
        assert (await tried(Engine(), api="completions")).api == "completions"

    async def test_a_model_by_name_among_several(self) -> None:
        assert (await tried(Engine(models=("a", "b")), model="b")).model == "b"

    async def test_a_named_model_needs_no_model_list(self) -> None:
        engine = Engine()

        def script(connection: Connection, request: Request) -> object:
            if request.method == "GET":
                connection.send(json_answer({"detail": "Not Found"}, 404))
                return True
            return engine(connection, request)

        found = await tried(script, model="anything")
        assert (found.model, found.served_models, found.engine) == ("anything", (), None)

    async def test_the_built_in_endpoint_is_known_by_its_header(self) -> None:
        assert (await tried(Engine(simulated=True))).simulated

    async def test_the_built_in_endpoint_is_known_by_its_version(self) -> None:
        found = await tried(Engine(version={"version": "1+simulated", "engine": "simulator", "simulated": True}))
        assert (found.simulated, found.engine) == (True, "simulator")

    async def test_the_key_is_sent_and_the_engine_content(self) -> None:
        assert (await tried(Engine(key=KEY))).model == "tiny"

    async def test_text_of_the_server_loses_its_control_characters(self) -> None:
        engine = Engine(("a", "b\x1b]0;owned\x07\u202e"), version={"version": "1\x1b[2J\n2", "engine": "v\x9bm"})
        found = await tried(engine, model="a")
        assert (found.engine, found.engine_version) == ("v m", "1 [2J 2")
        assert found.served_models == ("a", "b ]0;owned")

    @pytest.mark.parametrize("model", [None, "t\x1b[2Jiny"])
    async def test_a_model_whose_name_steers_a_terminal_is_refused(self, model: str | None) -> None:
        with pytest.raises(EndpointError, match=r"serves 't \[2Jiny' under a name with characters") as refused:
            await tried(Engine(("t\x1b[2Jiny",)), model=model)
        assert refused.value.sentence().isprintable()

    @pytest.mark.parametrize("told", [True, -1, 0, "4096", 4096.0, None])
    async def test_a_length_that_is_no_count_is_unknown(self, told: object) -> None:
        engine = Engine()

        def script(connection: Connection, request: Request) -> object:
            if request.path.endswith("/models"):
                connection.send(json_answer({"data": [{"id": "tiny", "max_model_len": told}]}))
                return True
            return engine(connection, request)

        assert (await tried(script)).max_model_len is None


class TestRefusedParameters:
    async def test_a_named_one_is_left_out_and_recorded(self) -> None:
        found = await tried(Engine(refuses=frozenset({"min_tokens"})))
        assert (found.accepted, found.refused) == (("stream_options", "ignore_eos"), ("min_tokens",))

    async def test_one_after_the_other(self) -> None:
        found = await tried(Engine(refuses=frozenset({"min_tokens", "ignore_eos", "stream_options"})))
        assert (found.accepted, found.refused) == ((), ("stream_options", "ignore_eos", "min_tokens"))

    async def test_all_where_the_server_does_not_say_which(self) -> None:
        engine = Engine()

        def script(connection: Connection, request: Request) -> object:
            if b"ignore_eos" in request.body:
                connection.send(json_answer({"error": "bad request"}, 422))
                return True
            return engine(connection, request)

        assert (await tried(script)).refused == ("stream_options", "ignore_eos", "min_tokens")

    async def test_nothing_is_asked_about_the_end_where_the_answer_may_end_itself(self) -> None:
        found = await tried(Engine(refuses=frozenset({"ignore_eos"})), ignore_eos=False)
        assert (found.accepted, found.refused) == (("stream_options",), ())

    async def test_a_refusal_for_another_reason_is_told(self) -> None:
        def script(connection: Connection, request: Request) -> None:
            pages = {
                "GET": json_answer({"data": [{"id": "m"}]}),
                "POST": json_answer({"error": "no chat template"}, 400),
            }
            connection.send(pages[request.method])

        with pytest.raises(EndpointError, match="HTTP 400: no chat template"):
            await tried(script)


def answering(post: bytes, *, then_close: bool = True) -> Script:
    """One model, and the same answer to every completion."""

    def script(connection: Connection, request: Request) -> bool:
        if request.path.endswith("/v1/models"):
            connection.send(json_answer({"data": [{"id": "m"}]}))
            return True
        if request.method == "GET":
            connection.send(json_answer({}, 404))
            return True
        connection.send(post)
        return not then_close

    return script


SSE = stream_head()
REDIRECT = head(307, {"location": "https://user:word@other.example/v1/x?token=t", "content-length": "0"})


class TestOneSentence:
    @pytest.mark.parametrize(
        ("script", "words"),
        [
            (answering(json_answer({"choices": [{"message": {}}]})), "one JSON document instead of a stream"),
            (answering(json_answer({"hello": 1})), "not with a stream of events"),
            (answering(whole(b"<html>Sign in</html>", 200, "text/html")), "HTML page (HTTP 200)"),
            (answering(whole(b"<html>Bad gateway</html>", 502, "text/html; charset=utf-8")), "HTML page (HTTP 502)"),
            (answering(json_answer({"error": {"message": "overloaded"}}, 503)), "HTTP 503: overloaded"),
            (answering(json_answer({"error": {"message": "slow down"}}, 429)), "HTTP 429: slow down"),
            (answering(json_answer({"detail": "Not Found"}, 404)), "there is no /v1/chat/completions"),
            (answering(json_answer({"error": "The model `m` does not exist"}, 404)), "does not know the model 'm'"),
            (answering(SSE + chunks([DONE])), "stream is empty"),
            (answering(SSE + chunks([])), "without a finish reason"),
            (answering(SSE + chunks([role_event(), b"data: {oops\n\n", DONE])), "no JSON object"),
            (answering(SSE + chunks([event({"error": "out of memory"})])), "error within its stream: out of memory"),
            (answering(SSE + chunk(text_event("a"))), "breaks off"),
            (answering(SSE + b"zz\r\n"), "chunked framing"),
            (answering(stream_head({"content-encoding": "gzip"}) + chunks([b"x"])), "compressed"),
            (answering(b""), "closed the connection without an answer"),
            (answering(REDIRECT), "redirects to https://other.example/v1/x,"),
            (answering(json_answer({}, 401)), "refuses the key (HTTP 401)"),
            (lambda c, _: c.send(json_answer({"detail": "No"}, 403)), "refuses the key (HTTP 403): No"),
            (lambda c, _: c.send(json_answer({"detail": "Not Found"}, 404)), "there is no /v1/models"),
            (lambda c, _: c.send(json_answer({"data": []})), "lists no model"),
            (lambda c, _: c.send(json_answer([1, 2])), "not with an OpenAI model list"),
            (lambda c, _: c.send(whole(b"hello", kind="text/plain")), "not with an OpenAI model list"),
            (lambda c, _: c.send(whole(b"<html>", kind="text/html")), "HTML page"),
            (lambda c, _: c.send(b"SSH-2.0-OpenSSH\r\n"), "no valid HTTP"),
        ],
    )  # fmt: skip
    async def test_what_the_server_does(self, script: Script, words: str) -> None:
        with pytest.raises(EndpointError) as refused:
            await tried(script)
        said = refused.value.sentence()
        assert words in said
        assert "\n" not in said
        assert refused.value.message.count(". ") == 0
        assert KEY not in said

    async def test_nothing_listens(self, unused_port: int) -> None:
        with pytest.raises(EndpointError, match=r"nothing listens at .*refused"):
            await preflight(Target.with_key(f"http://127.0.0.1:{unused_port}", None))

    @pytest.mark.usefixtures("no_names")
    async def test_the_name_is_unknown(self) -> None:
        with pytest.raises(EndpointError, match=r"host name of http://no-such-host\.invalid cannot be resolved"):
            await preflight(Target.with_key("http://no-such-host.invalid", None))

    async def test_no_tls_where_https_was_said(self) -> None:
        class Greeting(RawServer):
            def _serve(self, sock: socket.socket) -> None:
                with sock:
                    sock.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                    self._closing.wait()

        with Greeting(Engine()) as server, pytest.raises(EndpointError, match="TLS"):
            await preflight(Target.with_key(f"https://127.0.0.1:{server.port}", None), timeout_s=PATIENCE_S)

    @pytest.mark.parametrize("silent", ["GET", "POST"])
    async def test_no_answer_in_time(self, silent: str) -> None:
        engine = Engine()

        def script(connection: Connection, request: Request) -> object:
            if request.method == silent:
                connection.stall()
            return engine(connection, request)

        with RawServer(script) as server, pytest.raises(EndpointError, match=r"no complete answer came within 0\.5 s"):
            await preflight(Target.with_key(server.url, None), timeout_s=0.5)

    async def test_a_stream_that_stalls(self) -> None:
        def stall(connection: Connection, _: Request) -> None:
            connection.send(SSE, chunk(text_event("a")))
            connection.stall()

        with RawServer(Engine(faulty=lambda _: stall)) as server, pytest.raises(EndpointError, match="no complete"):
            await preflight(Target.with_key(server.url, None), timeout_s=0.5)

    async def test_a_wanted_key_is_asked_for_by_its_variable(self) -> None:
        with RawServer(Engine(key=KEY)) as server, pytest.raises(EndpointError, match="wants a key") as refused:
            await preflight(Target.with_key(server.url, None))
        assert "environment variable" in refused.value.sentence()

    async def test_an_echoed_key_is_masked(self) -> None:
        with pytest.raises(EndpointError, match=re.escape("Wrong: ***")) as refused:
            await tried(Engine(key="another"))
        assert KEY not in str(refused.value)

    async def test_several_models_and_none_named(self) -> None:
        with pytest.raises(InputError, match="serves 2 models") as refused:
            await tried(Engine(models=("scout", "maverick")))
        assert (refused.value.key, refused.value.hint) == ("model", "Name one of scout, maverick.")

    async def test_a_mistyped_model_gets_a_suggestion(self) -> None:
        with pytest.raises(EndpointError, match="serves no model 'scuot'") as refused:
            await tried(Engine(models=("scout", "maverick")), model="scuot")
        assert "scout" in str(refused.value.hint)

    @pytest.mark.parametrize(
        ("answer", "words"),
        [
            (json_answer({"error": HOSTILE}, 500), "HTTP 500: ]0;owned"),
            (json_answer({"error": {"message": HOSTILE}}, 403), "(HTTP 403): ]0;owned"),
            (whole(HOSTILE.encode(), 500, "text/plain"), "HTTP 500: ]0;owned"),
            (head(307, {"location": "http://other/\x1b]0;owned\x07", "content-length": "0"}), "location header"),
            (json_answer({"data": [{"id": HOSTILE + number} for number in "12"]}), "Name one of ]0;owned"),
        ],
        ids=["JSON", "a message", "text", "a redirect", "models"],
    )
    async def test_hostile_words_are_made_harmless(self, answer: bytes, words: str) -> None:
        with pytest.raises(AdvisorError) as refused:
            await tried(lambda c, _: c.send(answer))
        said = refused.value.sentence()
        assert words in said
        assert said.isprintable()
        assert ".." not in said
        assert len(said) < 400

    async def test_hostile_words_within_a_stream_are_made_harmless_too(self) -> None:
        with pytest.raises(EndpointError, match="within its stream: ]0;owned") as refused:
            await tried(answering(SSE + chunks([event({"error": HOSTILE})])))
        assert refused.value.sentence().isprintable()


class TestGivenUp:
    """Whoever asked may stop waiting at any moment: the connection goes, and nothing else is left."""

    @pytest.mark.parametrize("silent", ["GET", "POST"])
    async def test_cancelling_hangs_up(self, silent: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(subprocess, "Popen", None)  # no process is started, so none can be left behind
        engine = Engine()
        loop, asked, gone = asyncio.get_running_loop(), asyncio.Event(), asyncio.Event()

        def script(connection: Connection, request: Request) -> object:
            if request.method != silent:
                return engine(connection, request)
            if silent == "POST":
                connection.send(SSE, chunk(text_event("a")))
            loop.call_soon_threadsafe(asked.set)
            connection.wait_for_close()
            loop.call_soon_threadsafe(gone.set)
            return False

        before = asyncio.all_tasks()
        with RawServer(script) as server:
            trying = asyncio.create_task(preflight(Target.with_key(server.url, None), timeout_s=PATIENCE_S))
            await asyncio.wait_for(asked.wait(), PATIENCE_S)
            trying.cancel()
            with pytest.raises(asyncio.CancelledError):
                await trying
            await asyncio.wait_for(gone.wait(), PATIENCE_S)
        assert asyncio.all_tasks() == before


@pytest.mark.parametrize("api", ["chat", "completions"])
async def test_a_key_never_follows_a_redirect(api: Api) -> None:
    with RawServer(Engine()) as elsewhere:
        engine = Engine()

        def script(connection: Connection, request: Request) -> object:
            if request.method == "POST":
                connection.send(head(308, {"location": elsewhere.url + request.path, "content-length": "0"}))
                return True
            return engine(connection, request)

        with pytest.raises(EndpointError, match="redirects"):
            await tried(script, api=api)
        assert elsewhere.requests == []
