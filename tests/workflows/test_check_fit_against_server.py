"""What a running server says of its KV cache, and one sentence for everything that can be wrong with it."""

import io
import socket
from pathlib import Path

import pytest

from advisor.bench.target import Secret
from advisor.errors import EndpointError, InputError
from advisor.fit.proof.observed import Observed
from advisor.quantities.units import GIB
from advisor.workflows.check_fit_against_server import observe_log, observe_log_stream, observe_server
from patience import PATIENCE_S
from servers.raw import Connection, RawServer, Request, Script, chunk, head, json_answer, whole
from servers.serving_state import LABELS_0_33, OLDER, ServingState, cache_config, captured_vllm, model_entry

KEY = "sk-very-secret-0123456789"
HOSTILE = "\x1b]0;owned\x07\x9b2J\u202e\r\n" + "A" * 9999


async def seen(script: Script, path: str = "", key: str | None = KEY, model: str | None = None) -> Observed:
    with RawServer(script) as server:
        secret = Secret(key) if key is not None else None
        return await observe_server(server.url + path, secret, model=model, timeout_s=PATIENCE_S)


async def complaint(script: Script, key: str | None = KEY, timeout_s: float = PATIENCE_S) -> str:
    with RawServer(script) as server:
        with pytest.raises(EndpointError) as raised:
            await observe_server(server.url, Secret(key) if key else None, timeout_s=timeout_s)
        return raised.value.sentence().replace(server.url, "URL")


def answering(answer: bytes) -> Script:
    def script(connection: Connection, request: Request) -> object:
        connection.send(answer)
        return True

    return script


def codes(observed: Observed) -> list[str]:
    return [reason.code for reason in observed.reasons]


class TestWhatVllmSays:
    async def test_the_cache_of_a_recent_version(self) -> None:
        found = await seen(ServingState())
        assert (found.engine, found.engine_version, found.served_model) == ("vllm", "0.33.0", "scout")
        assert (found.blocks, found.block_tokens, found.engines) == (439_400, 16, 1)
        assert (found.kv_cache_tokens, found.kv_cache_max_concurrency) == (6_160_384, 47.0)
        assert (found.max_model_len, found.gpu_memory_utilization, found.cache_dtype) == (131_072, 0.92, "auto")
        assert (found.simulated, found.started, found.kv_pinned, found.reasons) == (False, True, False, ())

    async def test_a_real_capture(self) -> None:
        found = await seen(captured_vllm())
        assert (found.engine, found.engine_version, found.served_model) == ("vllm", "0.32.0", "tiny-llama")
        assert found.model_root == "/models/tiny-llama"
        assert (found.blocks, found.block_tokens, found.max_model_len) == (8192, 128, 4096)
        assert (found.kv_cache_tokens, found.kv_cache_max_concurrency) == (1_048_576, 256.0)
        assert (found.kv_cache_bytes, found.kv_pinned) == (GIB, True)

    async def test_an_older_version_says_less(self) -> None:
        rows = {name: LABELS_0_33[name] for name in OLDER}
        text = "vllm:cache_config_info{" + ",".join(f'{name}="{value}"' for name, value in rows.items()) + "} 1.0\n"
        found = await seen(ServingState(metrics=text))
        assert (found.blocks, found.kv_cache_tokens, found.kv_cache_max_concurrency) == (439_400, None, None)

    async def test_a_version_that_does_not_know_its_blocks(self) -> None:
        labels = {"num_gpu_blocks": "None", "kv_cache_size_tokens": "None", "kv_cache_max_concurrency": "None"}
        found = await seen(ServingState(metrics=cache_config(**labels)))
        assert (found.blocks, found.kv_cache_tokens) == (None, None)
        assert codes(found) == ["no_block_count"]

    @pytest.mark.parametrize("label", ["num_gpu_blocks", "block_size", "gpu_memory_utilization"])
    @pytest.mark.parametrize("value", ["None", "", "nan", "-1", "1e999", "0", "true", "12 blocks"])
    async def test_a_label_that_is_no_figure_is_unknown(self, label: str, value: str) -> None:
        found = await seen(ServingState(metrics=cache_config(**{label: value})))
        field = {"num_gpu_blocks": "blocks", "block_size": "block_tokens"}.get(label, label)
        assert getattr(found, field) is None

    async def test_blocks_of_data_parallel_engines_are_a_sum_in_every_row(self) -> None:
        found = await seen(ServingState(metrics=cache_config(("0", "1", "2", "3"), num_gpu_blocks="1757600")))
        assert (found.engines, found.blocks, found.kv_cache_tokens) == (4, 439_400, 6_160_384)

    async def test_a_sum_that_does_not_divide_is_a_mean(self) -> None:
        found = await seen(ServingState(metrics=cache_config(("0", "1"), num_gpu_blocks="1001")))
        assert (found.blocks, codes(found)) == (500, ["engines_differ"])

    async def test_a_rank_behind_an_outer_balancer_speaks_for_itself(self) -> None:
        assert (await seen(ServingState(metrics=cache_config(("3",))))).blocks == 439_400

    @pytest.mark.parametrize("label", ["kv_cache_memory_bytes", "num_gpu_blocks_override"])
    async def test_a_cache_whose_size_a_flag_set_is_marked(self, label: str) -> None:
        assert (await seen(ServingState(metrics=cache_config(**{label: "1073741824"})))).kv_pinned

    async def test_a_simulated_endpoint_is_known_by_its_header(self) -> None:
        assert (await seen(ServingState(simulated=True))).simulated

    async def test_a_simulated_endpoint_is_known_by_its_version(self) -> None:
        assert (await seen(ServingState(version={"version": "0.33.0", "simulated": True}))).simulated

    async def test_a_server_without_version(self) -> None:
        assert (await seen(ServingState(version=None))).engine_version is None


class TestWhichModel:
    async def test_an_adapter_shares_the_cache_of_its_base(self) -> None:
        entries = (model_entry("sql-adapter", parent="base"), model_entry("base"))
        found = await seen(ServingState(models=entries))
        assert (found.served_model, found.max_model_len) == ("base", 131_072)

    async def test_a_model_served_under_two_names_is_one(self) -> None:
        entries = (model_entry("a", root="meta/llama"), model_entry("b", root="meta/llama"))
        assert (await seen(ServingState(models=entries))).served_model == "a"

    async def test_the_engine_names_its_model_among_several(self) -> None:
        page = cache_config() + 'vllm:kv_cache_usage_perc{engine="0",model_name="b"} 0.0\n'
        found = await seen(ServingState(metrics=page, models=(model_entry("a"), model_entry("b", 4096))))
        assert (found.served_model, found.max_model_len) == ("b", 4096)

    async def test_one_of_several_is_named(self) -> None:
        found = await seen(ServingState(models=(model_entry("a"), model_entry("b", 4096))), model="b")
        assert found.served_model == "b"

    async def test_one_of_several_must_be_named(self) -> None:
        with pytest.raises(InputError, match=r"serves 2 models") as raised:
            await seen(ServingState(models=(model_entry("a"), model_entry("b", 4096))))
        assert raised.value.hint == "Name one of a, b."

    async def test_a_model_that_it_does_not_serve(self) -> None:
        with pytest.raises(EndpointError, match="serves no model 'c'"):
            await seen(ServingState(), model="c")

    async def test_a_length_that_is_none_is_unknown(self) -> None:
        assert (await seen(ServingState(models=(model_entry("a", None),)))).max_model_len is None


class TestAddresses:
    @pytest.mark.parametrize("path", ["", "/", "/v1", "/team/llama", "/team/llama/v1/", "/team/llama/v1/models"])
    async def test_root_base_and_prefix_are_understood(self, path: str) -> None:
        with RawServer(ServingState()) as server:
            found = await observe_server(server.url + path, None, timeout_s=PATIENCE_S)
            prefix = "/team/llama" if "team" in path else ""
            wanted = [f"{prefix}{route}" for route in ("/v1/models", "/version", "/metrics")]
            assert [request.path for request in server.requests] == wanted
            assert found.source == server.url + prefix

    async def test_the_key_goes_wherever_the_server_is_asked(self) -> None:
        with RawServer(ServingState(key=KEY)) as server:
            found = await observe_server(server.url, Secret(KEY), timeout_s=PATIENCE_S)
        assert {request.headers["authorization"] for request in server.requests} == {f"Bearer {KEY}"}
        assert KEY not in repr(found)

    async def test_no_key_no_header(self) -> None:
        with RawServer(ServingState()) as server:
            await observe_server(server.url, None, timeout_s=PATIENCE_S)
        assert all("authorization" not in request.headers for request in server.requests)

    async def test_a_redirect_is_not_followed_and_the_key_stays(self) -> None:
        with RawServer(ServingState()) as elsewhere:
            place = f"{elsewhere.url}/metrics"
            moved = head(307, {"location": place, "content-length": "0"})
            said = await complaint(ServingState(faults={"/metrics": answering(moved)}))
            assert "redirects to" in said
            assert "redirects are not followed" in said
            assert elsewhere.requests == []


SGLANG_STATE = {
    "version": "0.5.23",
    "api_key": KEY,
    "tp_size": 8,
    "pp_size": 1,
    "dp_size": 1,
    "page_size": 1,
    "context_length": 1_000_000,
    "mem_fraction_static": 0.85,
    "kv_cache_dtype": "auto",
    "max_running_requests": 2048,
    "max_total_num_tokens": 1_404_211,
    "internal_states": [{"memory_usage": {"weight": 27.1, "kvcache": 32.14, "token_capacity": 1_404_211}}],
}


class TestSglang:
    async def test_its_own_state_is_read_where_it_has_no_metrics(self) -> None:
        models = (model_entry("scout", 1_000_000, owned_by="sglang"),)
        found = await seen(ServingState(metrics=None, models=models, version=None, state=SGLANG_STATE))
        assert (found.engine, found.engine_version, found.tensor_parallel_size) == ("sglang", "0.5.23", 8)
        assert (found.kv_cache_tokens, found.block_tokens, found.max_model_len) == (1_404_211, 1, 1_000_000)
        assert found.weights_bytes == pytest.approx(27.1 * GIB)
        assert found.reasons == ()
        assert KEY not in repr(found)

    async def test_its_gauges_are_read_too(self) -> None:
        page = 'sglang:max_total_num_tokens{model_name="scout"} 207132.0\nsglang:page_size{model_name="scout"} 64.0\n'
        models = (model_entry("scout", owned_by="sglang"),)
        found = await seen(ServingState(metrics=page, models=models, version=None))
        assert (found.engine, found.kv_cache_tokens, found.block_tokens) == ("sglang", 207_132, 64)


class TestWhatCanBeWrong:
    async def test_nothing_listens(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
        with pytest.raises(EndpointError, match="nothing listens"):
            await observe_server(f"http://127.0.0.1:{port}", None, timeout_s=PATIENCE_S)

    async def test_no_url(self) -> None:
        with pytest.raises(InputError, match="is no endpoint"):
            await observe_server("ftp://nowhere", None)

    async def test_without_metrics_it_is_observed_and_says_little(self) -> None:
        found = await seen(ServingState(metrics=None))
        assert (found.served_model, found.max_model_len, found.blocks) == ("scout", 131_072, None)
        assert codes(found) == ["no_metrics_route"]

    async def test_another_program_s_metrics_prove_nothing(self) -> None:
        found = await seen(ServingState(metrics="# HELP up Is it up\n# TYPE up gauge\nup 1.0\n"))
        assert codes(found) == ["no_cache_metrics"]

    async def test_an_empty_page_proves_nothing(self) -> None:
        assert codes(await seen(ServingState(metrics=""))) == ["no_cache_metrics"]

    async def test_neither_models_nor_metrics(self) -> None:
        assert "neither /v1/models nor /metrics at URL" in await complaint(ServingState(metrics=None, models=None))

    async def test_metrics_alone_are_enough(self) -> None:
        found = await seen(ServingState(models=None))
        assert (found.blocks, found.max_model_len) == (439_400, None)

    async def test_a_key_is_wanted(self) -> None:
        said = await complaint(ServingState(key=KEY), key=None)
        assert said == (
            "URL/v1/models wants a key (HTTP 401): Unauthorized. Name the environment variable that holds it."
        )

    async def test_a_key_is_refused(self) -> None:
        assert "URL/v1/models refuses the key (HTTP 401)" in await complaint(ServingState(key="another"))

    async def test_metrics_may_be_guarded_alone(self) -> None:
        guarded = answering(json_answer({"error": f"Wrong: Bearer {KEY}"}, 403))
        said = await complaint(ServingState(faults={"/metrics": guarded}))
        assert "URL/metrics refuses the key (HTTP 403)" in said
        assert KEY not in said

    @pytest.mark.parametrize("path", ["/v1/models", "/metrics"])
    async def test_a_page_for_people(self, path: str) -> None:
        page = answering(whole(b"<html>log in</html>", kind="text/html"))
        assert f"URL{path} answers with an HTML page" in await complaint(ServingState(faults={path: page}))

    @pytest.mark.parametrize(
        "body",
        [
            b'{"detail": "hello"}',
            b"\xff\xfe\x00garbage",
            b'vllm:cache_config_info{num_gpu_blocks="12} 1.0\n',
            b'vllm:cache_config_info{num_gpu_blocks="12"} twelve\n',
            HOSTILE.encode(),
        ],
    )
    async def test_a_page_that_is_no_metrics(self, body: bytes) -> None:
        said = await complaint(ServingState(faults={"/metrics": answering(whole(body, kind="text/plain"))}))
        assert said == ("URL/metrics answers, but not with Prometheus metrics. Is this the root of the engine?")

    @pytest.mark.parametrize("body", [b"[]", b"{}", b"[" * 100_000, b"not JSON"])
    async def test_a_model_list_that_is_none(self, body: bytes) -> None:
        said = await complaint(ServingState(faults={"/v1/models": answering(whole(body))}))
        assert "not with an OpenAI model list" in said

    @pytest.mark.parametrize("status", [500, 503])
    async def test_a_server_in_trouble(self, status: int) -> None:
        trouble = answering(json_answer({"error": {"message": HOSTILE}}, status))
        said = await complaint(ServingState(faults={"/metrics": trouble}))
        assert f"URL/metrics answers with HTTP {status}" in said
        assert said.isprintable()
        assert len(said) < 500

    async def test_an_endless_page_is_left(self) -> None:
        def endless(connection: Connection, request: Request) -> object:
            connection.send(head(200, {"content-type": "text/plain", "transfer-encoding": "chunked"}))
            while True:
                connection.send(chunk(b"a 1.0\n" * 100_000))

        assert "URL/metrics answers with more than 16 MiB" in await complaint(
            ServingState(faults={"/metrics": endless})
        )

    @pytest.mark.parametrize("path", ["/v1/models", "/version", "/metrics"])
    async def test_a_server_that_says_nothing(self, path: str) -> None:
        def silent(connection: Connection, request: Request) -> object:
            connection.wait_for_close()
            return False

        said = await complaint(ServingState(faults={path: silent}), timeout_s=0.2)
        assert "no complete answer came within 0.2 s" in said

    async def test_a_page_that_breaks_off(self) -> None:
        def broken(connection: Connection, request: Request) -> object:
            connection.send(head(200, {"content-type": "text/plain", "content-length": "5000"}), b"# HELP")
            return False

        assert "URL" in await complaint(ServingState(faults={"/metrics": broken}))

    async def test_what_a_server_calls_itself_is_safe_to_show(self) -> None:
        models = (model_entry(HOSTILE),)
        found = await seen(ServingState(models=models, version={"version": HOSTILE}))
        for text in (found.served_model, found.model_root, found.engine_version):
            assert text is not None
            assert text.isprintable()
            assert len(text) <= 120


class TestLogs:
    def test_a_file_is_read(self, tmp_path: Path) -> None:
        log = tmp_path / "vllm.log"
        log.write_bytes(b"\xff\xfe noise\r\nINFO GPU KV cache size: 365,968 tokens\r\n")
        assert observe_log(log).kv_cache_tokens == 365_968
        assert observe_log(log).source == str(log)

    def test_an_endless_line_is_read_in_pieces(self) -> None:
        stream = io.BytesIO(b"x" * 1_000_000 + b"\nINFO GPU KV cache size: 365,968 tokens")
        assert observe_log_stream(stream, "standard input").kv_cache_tokens == 365_968

    @pytest.mark.parametrize("name", ["absent.log", "."])
    def test_a_file_that_cannot_be_read(self, tmp_path: Path, name: str) -> None:
        with pytest.raises(InputError, match="the log cannot be read"):
            observe_log(tmp_path / name)

    def test_a_file_of_another_kind(self, tmp_path: Path) -> None:
        other = tmp_path / "nginx.log"
        other.write_text("200 OK")
        with pytest.raises(InputError, match="this is no vLLM start-up log"):
            observe_log(other)
