"""transformers in this process: no server, no GPU needed. All candidates of a request share one forward pass."""

from __future__ import annotations

import threading
from collections.abc import AsyncGenerator, Callable
from typing import TYPE_CHECKING, Any, TypeVar

import anyio
import anyio.lowlevel
import anyio.to_thread
import numpy as np
from numpy.typing import NDArray

from tastemaker.agent.engines.base import Engine
from tastemaker.agent.engines.grammar import Constraint, Grammars
from tastemaker.agent.engines.models import FolderTokenizer, ModelFolder, missing_transformers
from tastemaker.errors import EngineError, ModelNotFoundError
from tastemaker.progress import quiet_transformers
from tastemaker.threads import wait_patiently

if TYPE_CHECKING:
    import torch
    from torch import Tensor

T = TypeVar("T")
PACK_TOKENS = 2_048
"""Candidate tokens in one forward pass. Bounds memory: attention masks grow with its square."""
HEAD_ROWS = 128
"""Positions whose logits are held at once: 128 rows over 262,144 words in float32 are 134 MB."""


class EmbeddedEngine(Engine):
    """A causal model of transformers, on the GPU if there is one.

    `dtype` is float32, bfloat16, or auto: bfloat16 where the processor computes in it, else float32.
    Raises `ModelNotFoundError` if the folder holds no model that can be loaded.
    """

    kind = "embedded"

    def __init__(self, folder: ModelFolder, dtype: str = "auto") -> None:
        wait_patiently()
        try:
            import torch
            from transformers import AutoModelForCausalLM, GenerationConfig
        except ImportError as error:
            raise missing_transformers(folder.model_id) from error
        quiet_transformers()
        self._torch = torch
        device = "cuda" if torch.cuda.is_available() else "cpu"
        try:
            model = AutoModelForCausalLM.from_pretrained(folder.path, dtype=_dtype(dtype, device))
            self._folder_tokenizer = FolderTokenizer(folder.path)
        except Exception as error:  # safetensors' and transformers' errors have no common root
            raise ModelNotFoundError(
                f"can't be loaded ({error})",
                where=f"model {folder.model_id!r}",
                remedy="Give a folder of a causal model",
            ) from error
        self._model = model.to(device).eval()
        # transformers fills whatever a request leaves open from here, so the model's own penalties must go.
        end = self._model.generation_config.eos_token_id
        self._model.generation_config = GenerationConfig(eos_token_id=end)
        self.tokenizer = self._folder_tokenizer
        ends = end if isinstance(end, list) else [] if end is None else [end]
        words = int(self._model.config.get_text_config().vocab_size)
        self._grammars = Grammars(self._folder_tokenizer.inner, words, ends)
        self.model_id = folder.model_id
        self.max_tokens = int(self._model.config.get_text_config().max_position_embeddings)
        self._one_at_a_time = anyio.CapacityLimiter(1)
        self._running = threading.local()
        lists = [module for module in self._model.modules() if isinstance(module, torch.nn.ModuleList)]
        for layer in max(lists, key=len, default=[]):  # the blocks of the model, whatever it calls them
            layer.register_forward_pre_hook(self._look_up)

    @property
    def dtype(self) -> torch.dtype:
        """The number format that the weights are held and multiplied in."""
        dtype: torch.dtype = self._model.dtype
        return dtype

    async def _first_token(self, prompts: list[list[int]], ids: list[int]) -> NDArray[np.float64]:
        return await self._interruptible(self._labels, prompts, ids)

    async def _continuations(self, prefix: list[int], texts: list[list[int]]) -> list[float]:
        return await self._interruptible(self._score, prefix, texts)

    async def _interruptible(self, work: Callable[..., T], *args: Any) -> T:
        """`work(*args)` in a thread; if this is cancelled, it ends before the model's next layer, and is waited for."""
        stop, found, failed = threading.Event(), list[T](), list[Exception]()

        def run() -> None:
            self._running.stop = stop
            try:
                found.append(work(*args))
            except Exception as error:  # noqa: BLE001 - raised below, outside of the group that would wrap it
                failed.append(error)
            finally:
                self._running.stop = None  # the thread goes on to other work

        async def watch() -> None:
            try:
                await anyio.sleep_forever()
            finally:
                stop.set()

        async with anyio.create_task_group() as group:
            group.start_soon(watch)
            await anyio.to_thread.run_sync(run, limiter=self._one_at_a_time)
            group.cancel_scope.cancel()
        await anyio.lowlevel.checkpoint()  # who was cancelled learns it here, and not by what the thread raised then
        if failed:
            raise failed[0]
        return found[0]

    def _look_up(self, *_: object) -> None:
        stop: threading.Event | None = getattr(self._running, "stop", None)
        if stop is not None and stop.is_set():
            raise Abandoned

    async def _generate(
        self, prompt: list[int], max_tokens: int, stop: list[str], schema: str | None
    ) -> AsyncGenerator[str, None]:
        from transformers import AsyncTextIteratorStreamer, StoppingCriteriaList

        constraint = await self._constraint(schema, 1)
        borrower = object()  # not the task: a caller that stops reading lets another task close this generator
        await self._one_at_a_time.acquire_on_behalf_of(borrower)
        try:
            tokenizer = self._folder_tokenizer.inner
            streamer = AsyncTextIteratorStreamer(tokenizer, skip_prompt=True, skip_special_tokens=True)
            ended = threading.Event()
            ids = self._torch.tensor([prompt], device=self._model.device)
            options = {
                "inputs": ids,
                "attention_mask": self._torch.ones_like(ids),
                "streamer": streamer,
                "generation_config": self._greedy(max_tokens),
                "logits_processor": [constraint.mask] if constraint else [],
                "stopping_criteria": StoppingCriteriaList(
                    [lambda *_, **__: ended.is_set(), *([constraint.ended] if constraint else [])]
                ),
            }
            failed: list[Exception] = []

            def work() -> None:
                try:
                    self._model.generate(**options)
                except Exception as error:  # noqa: BLE001 - told to the reader, who would wait for ever otherwise
                    failed.append(error)
                    if not ended.is_set():  # else nobody reads any more, and the loop may be gone
                        streamer.end()

            worker = threading.Thread(target=work, daemon=True)
            worker.start()
            try:
                async for piece in until(streamer, stop):
                    yield piece
            finally:
                ended.set()
                await anyio.to_thread.run_sync(worker.join)
            if failed:
                raise EngineError(f"could not write ({failed[0]})", where=f"model {self.model_id}") from failed[0]
        finally:
            self._one_at_a_time.release_on_behalf_of(borrower)

    async def _generate_all(
        self, prompts: list[list[int]], max_tokens: int, stop: list[str], schema: str | None
    ) -> list[str]:
        from transformers import StoppingCriteriaList

        constraint = await self._constraint(schema, len(prompts))

        def run() -> list[str]:
            torch, tokenizer = self._torch, self._folder_tokenizer.inner
            greedy = self._greedy(max_tokens)
            width = max(map(len, prompts))
            pads = [width - len(prompt) for prompt in prompts]
            ids = torch.tensor([[greedy.pad_token_id] * pad + p for pad, p in zip(pads, prompts, strict=True)])
            mask = torch.tensor([[0] * pad + [1] * (width - pad) for pad in pads])

            def said_stop(tokens: Tensor, *_: Any, **__: Any) -> Tensor:
                texts = tokenizer.batch_decode(tokens[:, width:])
                stopped: Tensor = torch.tensor(
                    [any(end in text for end in stop) for text in texts], device=tokens.device
                )
                return stopped

            found = self._model.generate(
                inputs=ids.to(self._model.device),
                attention_mask=mask.to(self._model.device),
                generation_config=greedy,
                logits_processor=[constraint.mask] if constraint else [],
                stopping_criteria=StoppingCriteriaList([constraint.ended if constraint else said_stop]),
            )
            answers = tokenizer.batch_decode(found[:, width:], skip_special_tokens=True)
            return [answer[: min((at for at in map(answer.find, stop) if at >= 0), default=None)] for answer in answers]

        return await self._interruptible(run)

    async def _constraint(self, schema: str | None, rows: int) -> Constraint | None:
        if schema is None:
            return None
        # In a thread: the first schema of a model waits for its tokenizer to be read by the grammar's library.
        matchers = await anyio.to_thread.run_sync(lambda: [self._grammars.matcher(schema) for _ in range(rows)])
        return Constraint(matchers)

    def _greedy(self, max_tokens: int) -> Any:
        from transformers import GenerationConfig

        end = self._model.generation_config.eos_token_id
        first = end[0] if isinstance(end, list) else end
        given = self._folder_tokenizer.inner.pad_token_id
        pad = given if given is not None else first if first is not None else 0
        return GenerationConfig(max_new_tokens=max_tokens, do_sample=False, eos_token_id=end, pad_token_id=pad)

    def _labels(self, prompts: list[list[int]], ids: list[int]) -> NDArray[np.float64]:
        """Log-probabilities of `ids` after each prompt; what all prompts begin with is read once."""
        shortest = min(map(len, prompts)) - 1
        shared = next((n for n in range(shortest) if len({prompt[n] for prompt in prompts}) > 1), shortest)
        found = []
        for pack in packs([prompt[shared:] for prompt in prompts]):
            states, starts = self._states(prompts[0][:shared], pack)
            with self._torch.inference_mode():
                last = [start + len(body) - 1 for start, body in zip(starts, pack, strict=True)]
                logprobs = self._torch.log_softmax(self._logits(states[last]), -1)
                found.append(logprobs[:, ids].double().cpu().numpy())
        return np.concatenate(found)

    def _score(self, prefix: list[int], texts: list[list[int]]) -> list[float]:
        return [total for pack in packs(texts) for total in self._score_pack(prefix, pack)]

    def _score_pack(self, prefix: list[int], texts: list[list[int]]) -> list[float]:
        """Each text's first token is read from the last row of the prefix, the others from the row of the token before."""
        torch = self._torch
        bodies = [text[:-1] for text in texts]
        states, starts = self._states(prefix, bodies)
        rows: list[int] = []
        for start, body in zip(starts, bodies, strict=True):
            rows += [len(prefix) - 1, *range(start, start + len(body))]
        targets = torch.tensor([token for text in texts for token in text])
        with torch.inference_mode():
            picked = [
                self._head(states[rows[i : i + HEAD_ROWS]], targets[i : i + HEAD_ROWS].to(states.device))
                for i in range(0, len(rows), HEAD_ROWS)
            ]
        owners = torch.repeat_interleave(torch.arange(len(texts)), torch.tensor([len(text) for text in texts]))
        return list(torch.zeros(len(texts), dtype=torch.float64).index_add(0, owners, torch.cat(picked)).tolist())

    def _states(self, prefix: list[int], bodies: list[list[int]]) -> tuple[Tensor, list[int]]:
        """The last layer's states of one forward pass over the prefix and then every body, and where each body begins.

        Row r of the mask sees the prefix and the tokens of its own body up to itself; positions restart after the
        prefix. So each body's states are those of a pass of its own.
        """
        torch = self._torch
        lengths = torch.tensor([len(prefix), *map(len, bodies)])
        owner = torch.repeat_interleave(torch.arange(len(lengths)), lengths)  # 0: prefix, t: body t
        starts = torch.cumsum(lengths, 0) - lengths
        order = torch.arange(len(owner))
        position = order - starts[owner] + torch.where(owner > 0, len(prefix), 0)
        seen = ((owner[None, :] == 0) | (owner[None, :] == owner[:, None])) & (order[None, :] <= order[:, None])
        with torch.inference_mode():
            device = self._model.device
            ids = torch.tensor([[*prefix, *(token for body in bodies for token in body)]], device=device)
            states: Tensor = self._model.base_model(
                input_ids=ids, position_ids=position[None].to(device), attention_mask=self._masks(seen, position),
                use_cache=False,
            ).last_hidden_state[0]  # fmt: skip
        return states, [int(start) for start in starts[1:]]

    def _head(self, states: Tensor, targets: Tensor) -> Tensor:
        """Log-probability of each target from the state of the position before it."""
        logits = self._logits(states)
        chosen = logits.gather(1, targets[:, None])[:, 0]
        logprobs: Tensor = (chosen.double() - logits.logsumexp(-1).double()).cpu()
        return logprobs

    def _logits(self, states: Tensor) -> Tensor:
        logits: Tensor = self._model.get_output_embeddings()(states).float()
        cap = getattr(self._model.config.get_text_config(), "final_logit_softcapping", None)
        return cap * self._torch.tanh(logits / cap) if cap else logits

    def _masks(self, seen: Tensor, position: Tensor) -> Tensor | dict[str, Tensor]:
        """`seen` as additive masks, one for each kind of layer that the model has.

        A sliding-window layer sees only keys less than `sliding_window` positions back, in the restarted positions.
        """
        config = self._model.config.get_text_config()
        full = self._additive(seen)
        kinds = set(getattr(config, "layer_types", None) or ())
        window = getattr(config, "sliding_window", None)
        if not window or (kinds and "sliding_attention" not in kinds):
            return full
        near = self._additive(seen & (position[:, None] - position[None, :] < window))
        return {"full_attention": full, "sliding_attention": near} if kinds else near

    def _additive(self, seen: Tensor) -> Tensor:
        dtype = self._model.dtype
        hidden = self._torch.zeros(seen.shape, dtype=dtype).masked_fill(~seen, self._torch.finfo(dtype).min)
        return hidden[None, None].to(self._model.device)


class Abandoned(Exception):
    """Nobody waits any more for what a thread computes."""


def packs(texts: list[list[int]]) -> list[list[list[int]]]:
    """`texts` in order, in groups of at most 2,048 tokens; a longer one stands alone."""
    made: list[list[list[int]]] = []
    used = 0
    for text in texts:
        if not made or used + len(text) > PACK_TOKENS:
            made.append([])
            used = 0
        made[-1].append(text)
        used += len(text)
    return made


async def until(pieces: Any, stop: list[str]) -> AsyncGenerator[str, None]:
    """Pass on `pieces` up to the first of the strings in `stop`; holds back what may be the beginning of one."""
    held = ""
    async for piece in pieces:
        held += piece
        cut = min((at for at in map(held.find, stop) if at >= 0), default=-1)
        if cut >= 0:
            held = held[:cut]
            break
        keep = max((n for text in stop for n in range(1, len(text)) if held.endswith(text[:n])), default=0)
        if len(held) > keep:
            yield held[: len(held) - keep]
            held = held[len(held) - keep :]
    if held:
        yield held


def _dtype(name: str, device: str) -> Any:
    import torch

    if name == "auto":
        fast = device == "cuda" or torch.cpu._is_avx512_bf16_supported()
        return torch.bfloat16 if fast else torch.float32
    return getattr(torch, name)
