"""Sentences for the settings of serve commands: why each is there."""

SENTENCES = {
    "serve_revision": "The commit of the checkpoint that was checked, whatever is pushed later.",
    "serve_tensor_parallel": "{gpus} GPUs share the weights of each layer.",
    "serve_single_gpu": "One GPU holds all the weights.",
    "serve_whole_attention": "Each GPU holds the attention of its layers whole.",
    "serve_pipeline_parallel": "{stages} stages hold the layers, one after the other.",
    "serve_data_parallel": "{ranks} copies of attention, each with a KV cache of its own; the experts are shared.",
    "serve_expert_parallel": "Each GPU holds whole experts instead of a slice of all.",
    "serve_context_refused": "The default, {limit}, does not fit here: about {longest} do.",
    "serve_context": "The default is {limit}; this bounds what one request may hold.",
    "serve_context_bound": "Bounds what one request may hold, prompt and answer.",
    "serve_kv_dtype": "A KV cache in {dtype} takes half the bytes of each token.",
    "serve_block_size": "Tokens in one block of the KV cache.",
    "serve_hybrid_off": "Every layer keeps the whole context, as asked.",
    "serve_hybrid_on": "vLLM {version} has the hybrid KV cache, but does not use it for Llama 4 unless told.",
    "serve_memory_utilization": "The share of the memory that vLLM may use; its default is {usual}.",
    "serve_memory_fraction": "The share of the memory for weights and KV cache.",
    "serve_max_num_seqs": "Requests that run at once; more wait in the queue.",
    "serve_max_num_batched_tokens": "Tokens that one step may compute.",
    "serve_text_only": "Text only: the vision encoder is not loaded, and its memory is free.",
    "serve_images": "Images in one request, at most.",
    "serve_whole_encoder": "The vision encoder stands whole on every GPU instead of sharded.",
    "serve_encoder_stays": (
        "vLLM {version} loads the vision encoder even where no image is allowed; {since} is the first read that does "
        "not."
    ),
    "serve_no_whole_encoder": "vLLM {version} always shards the vision encoder; {since} is the first that need not.",
    "serve_devices": "The {count} devices of this replica.",
    "serve_port": "Each replica listens on a port of its own.",
    "serve_replica": "Replica {number} of {replicas} in one instance",
    "serve_node": "Instance {number} of {nodes}",
    "serve_nodes": "One replica spans {nodes} instances.",
    "serve_node_rank": "Which of the instances this is.",
    "serve_head_address": "node-0 stands for the address of the first instance.",
    "serve_headless": "Workers only: the first instance answers the requests.",
    "serve_local_ranks": "Data-parallel ranks on each instance.",
    "serve_rpc_port": "The port on which the instances find each other.",
    "serve_start_rank": "The first data-parallel rank on this instance.",
    "serve_ray": "vLLM {version} spans instances through Ray only.",
    "serve_ray_uneven": "Ray places {devices} devices on {nodes} instances; --nnodes wants as many on each.",
    "serve_ray_head": "On the first of {nodes} instances, before the server, which runs on it too:",
    "serve_ray_other": "On each other of the {nodes} instances; node-0 stands for the address of the first:",
    "serve_neuron_blocks": "As many blocks as sequences: the compiled cache is contiguous.",
    "serve_neuron_config": "The shape that was compiled, as AWS's tutorial writes it.",
    "serve_neuron_compiled": "Where the compiled model lies.",
    "serve_neuron_framework": "NxD Inference instead of Transformers NeuronX.",
    "serve_neuron_device": "AWS's fork of vLLM 0.9.1, which this SDK brings, still asks for it.",
    "serve_rpc_timeout": "Milliseconds; loading takes longer than vLLM waits by itself.",
    "serve_logical_cores": "Physical cores in a logical one; the default is {usual}.",
    "serve_logical_core_count": "{cores} logical cores share the weights of each layer.",
    "serve_compiled_length": "The compiled length: prompt and answer of one request.",
    "serve_compiled_batch": "The compiled batch: requests that run at once.",
    "serve_compile_first": (
        "Compile first. compile_llama4.py is the script of AWS's Llama 4 tutorial (vLLM V0, step 2); "
        "neuron_config.json holds the text_config and vision_config that it compiles."
    ),
    "serve_neuron_pinned": (
        "The vLLM plug-in of SDK {version} has no recipe for Llama 4: this is that of SDK 2.28, whose vllm-neuron and "
        "NxD Inference it needs."
    ),
    "serve_undocumented_degree": (
        "AWS documents TP {documented} for Llama 4; the degrees of its vision encoder for TP {tensor_parallel_size} "
        "are ours."
    ),
    "serve_export_first": "Export first, which compiles; it can take more than an hour.",
    "serve_optimum_replicas": "{replicas} replicas, each on cores of its own, behind one port.",
    "serve_sglang_context": "Without it, a request table for the model's own limit takes 80 GiB, and the start fails.",
    "serve_sglang_dp_attention": (
        "Attention in {ranks} data-parallel ranks of {gpus} GPUs each; SGLang's --tp-size counts the GPUs of all ranks."
    ),
    "serve_sglang_chunk": "Chunked-local layers keep a chunk instead of the context.",
    "serve_sglang_images": "Images as well as text.",
    "serve_trtllm_share": "The share for the KV cache of what is free once the weights are loaded.",
    "serve_trtllm_kv_dtype": (
        "A file that you write, with the line `kv_cache_config: {{dtype: fp8}}`: half the bytes of each token."
    ),
    "serve_trtllm_backend": "The backend that runs Llama 4.",
}
