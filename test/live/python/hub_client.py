"""Runs huggingface_hub against the Hub at HF_ENDPOINT and prints what every check saw, as one JSON object."""

import json
import os
import sys
import tempfile

from huggingface_hub import HfApi, get_hf_file_metadata, hf_hub_download, hf_hub_url, snapshot_download

READER = "hf_demo_read_maya"
NEWCOMER = "hf_demo_read_theo"

api = HfApi(token=False)
member = HfApi(token=READER)
folder = tempfile.mkdtemp(dir=os.environ["HF_HOME"])


def model_row(model):
    return {"id": model.id, "downloads": model.downloads, "task": model.pipeline_tag}


def list_models():
    rows = api.list_models(filter=["text-generation", "gguf"], sort="downloads", limit=2)
    return [model_row(row) for row in rows]


def list_models_expand():
    rows = api.list_models(search="whisper large", expand=["safetensors", "trendingScore", "inferenceProviderMapping"])
    return [
        {
            "id": row.id,
            "parameters": row.safetensors.total,
            "trending": row.trending_score,
            "providers": [mapping.provider for mapping in row.inference_provider_mapping],
        }
        for row in rows
    ]


def list_models_parameters():
    rows = api.list_models(num_parameters="min:600M,max:1B", pipeline_tag="text-generation")
    return sorted(row.id for row in rows)


def list_models_bad_sort():
    return list(api.list_models(sort="popularity"))


def list_datasets():
    rows = api.list_datasets(author="openai", sort="likes", limit=5, full=True)
    return [{"id": row.id, "description": row.description, "files": len(row.siblings)} for row in rows]


def list_spaces():
    rows = api.list_spaces(filter="mcp-server", sort="likes", limit=3, expand=["runtime", "sdk", "likes"])
    return [{"id": row.id, "sdk": row.sdk, "stage": row.runtime.stage, "likes": row.likes} for row in rows]


def list_private():
    mine = sorted(row.id for row in member.list_models() if row.private)
    return {"anonymous": [row.id for row in api.list_models() if row.private], "member": mine}


def search_spaces():
    hits = list(api.search_spaces("remove the background of a photo", sdk="gradio"))
    return {"id": hits[0].id, "category": hits[0].ai_category, "stage": hits[0].runtime.stage}


def model_info():
    info = api.model_info("gpt2", files_metadata=True, securityStatus=True)
    weights = next(file for file in info.siblings if file.rfilename == "model.safetensors")
    return {
        "id": info.id,
        "created": info.created_at.year,
        "license": info.card_data.license,
        "lfs": weights.lfs.size == weights.size and len(weights.lfs.sha256) == 64,
        "issues": info.security_repo_status["filesWithIssues"],
    }


def dataset_info():
    info = api.dataset_info("squad", revision="refs/convert/parquet")
    return {"id": info.id, "tasks": info.card_data.task_categories, "files": [file.rfilename for file in info.siblings]}


def space_info():
    info = api.space_info("hugwire/demo-space")
    return {"host": info.host, "stage": info.runtime.stage, "domains": info.runtime.raw["domains"]}


def space_runtime():
    runtime = api.get_space_runtime("maya/trail-guide")
    return {"stage": runtime.stage, "error": runtime.raw["errorMessage"], "requested": runtime.requested_hardware}


def repo_tree():
    rows = list(api.list_repo_tree("openai-community/gpt2", "onnx", expand=True))
    return [{"path": row.path, "commit": bool(row.last_commit.oid), "lfs": bool(row.lfs)} for row in rows]


def repo_tree_pages():
    """More than one page: the client follows the Link header by itself."""
    return len(list(api.list_repo_tree("HuggingFaceFW/fineweb", recursive=True, repo_type="dataset")))


def repo_tree_missing():
    return list(api.list_repo_tree("openai-community/gpt2", "nowhere"))


def paths_info():
    rows = api.get_paths_info("openai-community/gpt2", ["config.json", "onnx", "nowhere.txt"], expand=True)
    return [type(row).__name__ + " " + row.path for row in rows]


def refs():
    found = api.list_repo_refs("openai-community/gpt2", include_pull_requests=True)
    return [ref.ref for ref in [*found.branches, *found.tags, *found.pull_requests]]


def commits():
    return [commit.title for commit in api.list_repo_commits("openai-community/gpt2")]


def whoami():
    me = HfApi(token="hf_demo_fine_maya").whoami()
    return {"name": me["name"], "role": me["auth"]["accessToken"]["role"], "orgs": [org["name"] for org in me["orgs"]]}


def download_small():
    path = hf_hub_download("Qwen/Qwen3-8B", "config.json", local_dir=folder)
    return json.load(open(path))["model_type"]


def download_old_id():
    with open(hf_hub_download("gpt2", "README.md")) as card:
        return card.readline().strip()


def download_large():
    """Kept in LFS: comes from the other origin."""
    path = hf_hub_download("hexgrad/Kokoro-82M", "voices/af_heart.pt")
    return os.path.getsize(path)


def download_picture():
    path = hf_hub_download("maya/trail-signs", "train/3/sign.png", repo_type="dataset")
    with open(path, "rb") as picture:
        return picture.read(8).hex()


def download_gated():
    return os.path.basename(hf_hub_download("google/gemma-2-2b-it", "config.json", token=READER))


def metadata():
    url = hf_hub_url("openai-community/gpt2", "model.safetensors", revision="v1.0")
    found = get_hf_file_metadata(url)
    return {"size": found.size, "etag": len(found.etag), "other_origin": not found.location.startswith(api.endpoint)}


def snapshot():
    path = snapshot_download("maya/trail-signs", repo_type="dataset")
    return sorted(os.path.relpath(os.path.join(root, name), path) for root, _, names in os.walk(path) for name in names)


def missing_repo():
    return member.model_info("nobody/nothing")


def missing_repo_anonymous():
    return api.model_info("nobody/nothing")


def missing_revision():
    return hf_hub_download("openai-community/gpt2", "config.json", revision="nope", token=False)


def missing_file():
    return hf_hub_download("openai-community/gpt2", "nope.json", token=False)


def gated_anonymous():
    return hf_hub_download("meta-llama/Llama-3.1-8B-Instruct", "config.json", token=False)


def gated_awaiting():
    return hf_hub_download("meta-llama/Llama-3.1-8B-Instruct", "config.json", token=NEWCOMER)


def gated_fine_grained():
    url = hf_hub_url("meta-llama/Llama-3.1-8B-Instruct", "config.json")
    return get_hf_file_metadata(url, token="hf_demo_fine_maya")


def disabled_repo():
    return api.model_info("open-atlas/tile-upscaler")


def bad_token():
    return HfApi(token="hf_demo_expired_maya").model_info("openai-community/gpt2")


CHECKS = [
    list_models, list_models_expand, list_models_parameters, list_models_bad_sort, list_datasets, list_spaces,
    list_private, search_spaces, model_info, dataset_info, space_info, space_runtime, repo_tree,
    repo_tree_pages, repo_tree_missing, paths_info, refs, commits, whoami, download_small, download_old_id,
    download_large, download_picture, download_gated, metadata, snapshot, missing_repo, missing_repo_anonymous,
    missing_revision, missing_file, gated_anonymous, gated_awaiting, gated_fine_grained, disabled_repo, bad_token,
]  # fmt: skip


def run(check):
    try:
        return check()
    except Exception as error:  # what was raised is the result
        status = getattr(getattr(error, "response", None), "status_code", None)
        return {"error": type(error).__name__, "status": status, "says": getattr(error, "server_message", None)}


json.dump({check.__name__: run(check) for check in CHECKS}, sys.stdout)
