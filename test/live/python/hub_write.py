"""Writes with huggingface_hub to the Hub at HF_ENDPOINT, reads it back, and prints what every call gave, as one JSON object."""

import json
import os
import sys

from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi

api = HfApi(token=sys.argv[1])
prefix = sys.argv[2]
NOTES = f"maya/{prefix}-notes"
SPACE = f"maya/{prefix}-app"
DATA = f"maya/{prefix}-data"
FOREIGN = "openai-community/gpt2"
CARD = "---\nlicense: mit\ntags: [notes]\n---\n\n# Notes\n"
APP_CARD = "---\ntitle: App\nemoji: 🐢\ncolorFrom: blue\ncolorTo: green\nsdk: gradio\napp_file: app.py\n---\n"
found = {}


def note(name, call):
    try:
        found[name] = call()
    except Exception as error:
        response = getattr(error, "response", None)
        status = getattr(response, "status_code", None)
        found[name] = {"error": type(error).__name__, "status": status, "says": str(error)[-300:]}
    return found[name]


def read(repo, path, revision="main", kind="model"):
    return open(api.hf_hub_download(repo, path, revision=revision, repo_type=kind, force_download=True)).read()


def titles(repo, **options):
    return [commit.title for commit in api.list_repo_commits(repo, **options)]


add = lambda path, text: CommitOperationAdd(path_in_repo=path, path_or_fileobj=text.encode())  # noqa: E731

note("create_model", lambda: api.create_repo(NOTES, private=True).repo_id)
note("create_again", lambda: api.create_repo(NOTES))
note("create_exist_ok", lambda: api.create_repo(NOTES, exist_ok=True).repo_id)
note("create_dataset", lambda: api.create_repo(DATA, repo_type="dataset").repo_id)
note("create_space", lambda: api.create_repo(SPACE, repo_type="space", space_sdk="gradio").repo_id)
note("is_private", lambda: api.model_info(NOTES).private)
first = api.model_info(NOTES).sha
note("upload_small", lambda: api.upload_file(path_or_fileobj=b"hello\n", path_in_repo="a/hello.txt", repo_id=NOTES).commit_message)
note("read_small", lambda: read(NOTES, "a/hello.txt"))
note("upload_binary", lambda: api.upload_file(path_or_fileobj=bytes(2000), path_in_repo="w.bin", repo_id=NOTES).commit_message)
note("binary_info", lambda: [[f.path, f.size, f.lfs is not None] for f in api.get_paths_info(NOTES, ["w.bin"])])
note("read_binary", lambda: len(open(api.hf_hub_download(NOTES, "w.bin"), "rb").read()))
note("upload_large", lambda: api.upload_file(path_or_fileobj=b"x" * 17_000_000, path_in_repo="big.bin", repo_id=NOTES).commit_message)
note("read_large", lambda: os.path.getsize(api.hf_hub_download(NOTES, "big.bin")))
note("card", lambda: api.upload_file(path_or_fileobj=CARD.encode(), path_in_repo="README.md", repo_id=NOTES).commit_message)
note("card_data", lambda: [api.model_info(NOTES).card_data.license, "notes" in api.model_info(NOTES).tags])
note("bad_card", lambda: api.upload_file(path_or_fileobj=b"---\nlicense: [\n---\n", path_in_repo="README.md", repo_id=NOTES))


def mixed():
    operations = [
        add("folder/one.txt", "1"),
        add("folder/two.txt", "2"),
        add("b.txt", "b"),
        CommitOperationDelete(path_in_repo="a/hello.txt"),
    ]
    api.create_commit(NOTES, operations, commit_message="Several at once", commit_description="More words")
    api.create_commit(NOTES, [CommitOperationDelete(path_in_repo="folder/")], commit_message="Remove a folder")
    return sorted(api.list_repo_files(NOTES))


note("mixed", mixed)
note("before", lambda: sorted(api.list_repo_files(NOTES, revision=first)))
note("titles", lambda: titles(NOTES))
note("stale_parent", lambda: api.create_commit(NOTES, [add("c.txt", "c")], commit_message="Late", parent_commit=first))
head = api.model_info(NOTES).sha
note("parent", lambda: len(api.create_commit(NOTES, [add("c.txt", "c")], commit_message="In time", parent_commit=head).oid))
pr = note("own_pull_request", lambda: api.create_commit(NOTES, [add("d.txt", "d")], commit_message="As a PR", create_pr=True).pr_num)
note("read_pull_request", lambda: [read(NOTES, "d.txt", f"refs/pr/{pr}"), "d.txt" in api.list_repo_files(NOTES)])
note("add_to_pull_request", lambda: titles(NOTES, revision=api.create_commit(NOTES, [add("e.txt", "e")], commit_message="More", revision=f"refs/pr/{pr}").oid)[:3])
note("merge", lambda: api.merge_pull_request(NOTES, pr))
note("merged", lambda: ["d.txt" in api.list_repo_files(NOTES), api.get_discussion_details(NOTES, pr).status])
note("foreign_pull_request", lambda: api.create_commit(FOREIGN, [add("note.md", "n")], commit_message="Add a note", create_pr=True).pr_num is not None)
note("foreign_push", lambda: api.create_commit(FOREIGN, [add("note.md", "n")], commit_message="Add a note"))
talk = note("discussion", lambda: api.create_discussion(NOTES, title="A question", description="Why?").num)
note("draft_pull_request", lambda: api.create_pull_request(NOTES, title="A draft").status)
note("comment", lambda: api.comment_discussion(NOTES, talk, "Because.").content)
note("close", lambda: api.change_discussion_status(NOTES, talk, "closed", comment="Done.").new_status)
note("reopen", lambda: api.change_discussion_status(NOTES, talk, "open").new_status)
note("talk", lambda: [getattr(event, "content", None) for event in api.get_discussion_details(NOTES, talk).events])
note("app", lambda: api.upload_file(path_or_fileobj=b"print('up')\n", path_in_repo="app.py", repo_id=SPACE, repo_type="space").commit_message)
note("app_card", lambda: api.upload_file(path_or_fileobj=APP_CARD.encode(), path_in_repo="README.md", repo_id=SPACE, repo_type="space").commit_message)
note("duplicate", lambda: api.duplicate_repo(SPACE, f"maya/{prefix}-copy", repo_type="space").repo_id)
note("copied", lambda: read(f"maya/{prefix}-copy", "app.py", kind="space"))
note("secret", lambda: api.add_space_secret(SPACE, "KEY", "s3cret"))
note("secrets", lambda: [[name, hasattr(secret, "value")] for name, secret in api.get_space_secrets(SPACE).items()])
note("variable", lambda: api.add_space_variable(SPACE, "MODE", "fast")["MODE"].value)
note("variables", lambda: list(api.get_space_variables(SPACE)))
note("delete_variable", lambda: list(api.delete_space_variable(SPACE, "MODE")))
note("delete_secret", lambda: api.delete_space_secret(SPACE, "KEY"))
note("hardware", lambda: api.request_space_hardware(SPACE, "t4-small", sleep_time=600).requested_hardware)
note("sleep", lambda: api.set_space_sleep_time(SPACE, 900).sleep_time)
note("restart", lambda: api.restart_space(SPACE, factory_reboot=True).stage in ("BUILDING", "RUNNING"))
note("pause", lambda: api.pause_space(SPACE).stage)
note("settings", lambda: api.update_repo_settings(DATA, repo_type="dataset", private=True) or api.dataset_info(DATA).private)
note("branch", lambda: api.create_branch(NOTES, branch="work") or [ref.name for ref in api.list_repo_refs(NOTES).branches])
note("tag", lambda: api.create_tag(NOTES, tag="v1.0") or [ref.name for ref in api.list_repo_refs(NOTES).tags])
job = note("job", lambda: api.run_job(image="python:3.12", command=["python", "-c", "print('Hello')"], timeout=60).id)
note("jobs", lambda: [one.id == job for one in api.list_jobs(token=sys.argv[1])])
note("job_logs", lambda: list(api.fetch_job_logs(job_id=job, follow=True)))
note("inspect", lambda: api.inspect_job(job_id=job).status.stage)
endless = note("endless", lambda: api.run_job(image="ubuntu", command=["sleep", "600"]).id)
note("cancel", lambda: api.cancel_job(job_id=endless) or api.inspect_job(job_id=endless).status.stage)
note("collection", lambda: api.create_collection(title=f"{prefix} things", namespace="maya", private=True).title)
note("delete", lambda: api.delete_repo(f"maya/{prefix}-copy", repo_type="space") or api.repo_exists(f"maya/{prefix}-copy", repo_type="space"))
reader = HfApi(token="hf_demo_read_maya")
note("reader", lambda: reader.upload_file(path_or_fileobj=b"x", path_in_repo="x.txt", repo_id=NOTES))

print(json.dumps(found, default=str))
