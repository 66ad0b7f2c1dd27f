"""Does with huggingface_hub what hugwire's tools do in hub-write.test.ts, so that both send the same."""

import sys

from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi

api = HfApi(token=sys.argv[1])
REPO = "maya/wire"
APP = "maya/wire-app"


def add(path, text):
    return CommitOperationAdd(path_in_repo=path, path_or_fileobj=text.encode())


def commit(repo, operations, message, **options):
    kind = options.get("repo_type", "model")
    if not options.get("revision", "").startswith("refs/pr/"):
        options["parent_commit"] = api.repo_info(repo, repo_type=kind).sha
    return api.create_commit(repo, operations, commit_message=message, **options)


api.create_repo(REPO, visibility="private")
api.create_repo(APP, repo_type="space", space_sdk="gradio", visibility="private")
api.duplicate_repo(REPO, "maya/wire-copy", repo_type="model", visibility="private")
commit(REPO, [add("a.txt", "one\n"), add("b/c.txt", "two\n")], "Two files")
commit(REPO, [add("README.md", "---\nlicense: mit\n---\n")], "A card")
commit(REPO, [CommitOperationDelete("a.txt"), CommitOperationDelete("b/")], "Remove them")
commit(REPO, [add("d.txt", "three\n")], "Proposed", create_pr=True)
commit("openai-community/gpt2", [add("note.md", "four\n")], "To others", create_pr=True)
commit(APP, [add("app.py", "print('up')\n")], "An app", repo_type="space")
talk = api.create_discussion(REPO, title="A question", description="Why?").num
api.comment_discussion(REPO, talk, "Because.")
api.change_discussion_status(REPO, talk, "closed")
api.change_discussion_status(REPO, talk, "open", comment="No, wait.")
api.add_space_variable(APP, "MODE", "fast")
api.delete_space_variable(APP, "MODE")
api.request_space_hardware(APP, "t4-small", sleep_time=600)
api.set_space_sleep_time(APP, 900)
api.restart_space(APP)
api.restart_space(APP, factory_reboot=True)
api.pause_space(APP)
job = api.run_job(image="ubuntu", command=["sleep", "60"], flavor="cpu-basic", timeout=600)
api.cancel_job(job_id=job.id)
