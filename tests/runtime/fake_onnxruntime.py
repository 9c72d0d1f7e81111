"""ONNX Runtime as a machine with a GPU might have it: a stand-in, since tests run without one."""

import time
import types

from cellfill.network.devices import import_onnxruntime

CPU, CUDA = "CPUExecutionProvider", "CUDAExecutionProvider"


class FakeRuntime(types.ModuleType):
    """ONNX Runtime as a machine with a GPU might have it; its sessions say that they run on ``taken``."""

    def __init__(self, *, available=(CUDA, CPU), taken=(CUDA, CPU), failure=None, run_failure=None):
        super().__init__("onnxruntime")
        real = import_onnxruntime()
        self.SessionOptions = real.SessionOptions
        self.opened = []
        self.preloaded = 0
        self.cells, self.at_once, self.most_at_once = [], 0, 0
        fake = self

        class Session:
            def __init__(self, graph, options, providers, **more):
                asked = [p if isinstance(p, str) else p[0] for p in providers]
                fake.opened.append((providers, more, options))
                if failure is not None and CUDA in asked:
                    raise failure
                self.taken = taken if CUDA in asked else (CPU,)
                self.fallback = True
                self._real = real.InferenceSession(graph, options, providers=[CPU])

            def get_providers(self):
                return list(self.taken)

            def disable_fallback(self):
                self.fallback = False

            def run(self, *arguments):
                if run_failure is not None and not self.fallback:
                    raise run_failure
                fake.at_once += 1
                fake.most_at_once = max(fake.most_at_once, fake.at_once)
                fake.cells += [len(values) for values in arguments[1].values()]
                time.sleep(0.002)
                result = self._real.run(*arguments)
                fake.at_once -= 1
                return result

            def __getattr__(self, name):
                return getattr(self._real, name)

        self.InferenceSession = Session
        self._available = list(available)

    def get_available_providers(self):
        return self._available

    def preload_dlls(self):
        self.preloaded += 1
        print("Failed to load libcudnn.so.9")
