"""Downloads repositories from the Hub at HF_ENDPOINT into HF_HUB_CACHE and prints what huggingface_hub finds there."""

import json

from huggingface_hub import hf_hub_download, scan_cache_dir, snapshot_download

snapshot_download("openai-community/gpt2", allow_patterns=["*.json", "*.md", "onnx/*.json"], token=False)
hf_hub_download("openai-community/gpt2", "config.json", revision="refs/pr/1", token=False)
hf_hub_download("openai-community/gpt2", "README.md", revision="v1.0", token=False)
snapshot_download("rajpurkar/squad", repo_type="dataset", allow_patterns=["*.md"], token=False)
snapshot_download("hexgrad/Kokoro-TTS", repo_type="space", allow_patterns=["*.md", "*.py"], token=False)

scan = scan_cache_dir()
found = {
    f"{repo.repo_type} {repo.repo_id}": {
        revision.commit_hash: {
            "refs": sorted(revision.refs),
            "files": {
                str(file.file_path.relative_to(revision.snapshot_path).as_posix()): file.size_on_disk
                for file in revision.files
            },
        }
        for revision in repo.revisions
    }
    for repo in scan.repos
}
print(json.dumps({"found": found, "warnings": [str(warning) for warning in scan.warnings]}))
