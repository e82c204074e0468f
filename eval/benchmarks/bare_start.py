"""The floor of `bench start`: a script with no Tastemaker in it.

Imports the same libraries, loads the same model, and runs the same forward passes (token ids in argv[1], a JSON file).
"""

import json
import sys

import chromadb
import jinja2  # noqa: F401
import langchain_core.embeddings  # noqa: F401
import numpy  # noqa: F401
import pydantic_settings  # noqa: F401
import rich.progress  # noqa: F401
import sqlalchemy  # noqa: F401
import torch
import typer  # noqa: F401
from chromadb.config import Settings
from transformers import AutoModelForCausalLM, AutoTokenizer

with open(sys.argv[1], encoding="utf-8") as file:
    work = json.load(file)
chromadb.PersistentClient(work["chroma"], settings=Settings(anonymized_telemetry=False)).get_collection("content")
tokenizer = AutoTokenizer.from_pretrained(work["model"])
model = AutoModelForCausalLM.from_pretrained(work["model"], dtype=getattr(torch, work["dtype"])).eval()
with torch.inference_mode():
    for prefix, rows in work["scores"]:
        ids = torch.tensor([prefix + rows])
        model(input_ids=ids, logits_to_keep=len(rows), use_cache=False).logits.float().log_softmax(-1)
    for prompts, new_tokens in work["generations"]:
        width = max(map(len, prompts))
        ids = torch.tensor([[tokenizer.pad_token_id] * (width - len(prompt)) + prompt for prompt in prompts])
        mask = torch.tensor([[0] * (width - len(prompt)) + [1] * len(prompt) for prompt in prompts])
        model.generate(
            ids,
            attention_mask=mask,
            do_sample=False,
            min_new_tokens=new_tokens,
            max_new_tokens=new_tokens,
            pad_token_id=tokenizer.pad_token_id,
        )
