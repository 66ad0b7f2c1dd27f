"""What huggingface_hub says of a cache, or does to one. Arguments: what, repo id[, patterns…]."""

import json
import os
import sys
import warnings

from huggingface_hub import scan_cache_dir, snapshot_download

what, repo = sys.argv[1:3]
patterns = sys.argv[3:] or None
if what == "accepts":
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        path = snapshot_download(repo, local_files_only=True, allow_patterns=patterns)
        info = scan_cache_dir()
    found = next(one for one in info.repos if one.repo_id == repo)
    print(
        json.dumps(
            {
                "path": path,
                "warnings": [str(one) for one in info.warnings] + [str(one.message) for one in caught],
                "bytes": found.size_on_disk,
                "files": found.nb_files,
                "refs": {one.commit_hash: sorted(one.refs) for one in found.revisions},
                "incomplete": len(info.incomplete_files),
            }
        )
    )
elif what == "downloads":
    print(json.dumps({"path": snapshot_download(repo, allow_patterns=patterns)}))
elif what == "downloads to":
    print(json.dumps({"path": snapshot_download(repo, local_dir=os.environ["TO"], allow_patterns=patterns)}))
