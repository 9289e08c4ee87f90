// Steps an exported network of Otoscope over frames, with onnxruntime alone: run NETWORK.onnx FRAMES STRIDE BANDS
// FRAMES is a file of float32, frame after frame, BANDS numbers each. Standard output gets the logits, a line a step.
#include <onnxruntime_cxx_api.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

int main(int argc, char** argv) {
  if (argc != 5) return std::fprintf(stderr, "run NETWORK.onnx FRAMES STRIDE BANDS\n"), 2;
  const int64_t stride = std::atoll(argv[3]), bands = std::atoll(argv[4]);
  std::ifstream file(argv[2], std::ios::binary | std::ios::ate);
  if (!file || stride < 1 || bands < 1) return std::fprintf(stderr, "%s cannot be read\n", argv[2]), 3;
  std::vector<float> frames(static_cast<size_t>(file.tellg()) / sizeof(float));
  file.seekg(0).read(reinterpret_cast<char*>(frames.data()), frames.size() * sizeof(float));

  Ort::Env env;
  Ort::SessionOptions options;
  options.SetIntraOpNumThreads(1);
  const std::string path = argv[1];
  Ort::Session session(env, std::basic_string<ORTCHAR_T>(path.begin(), path.end()).c_str(), options);
  const auto memory = Ort::MemoryInfo::CreateCpu(OrtArenaAllocator, OrtMemTypeDefault);
  Ort::AllocatorWithDefaultOptions allocator;

  // The state: zeros at the beginning; what comes out as NAME.next goes in as NAME.
  std::vector<std::string> in{"frames"}, out{"logits"};
  std::vector<std::vector<float>> state;
  std::vector<std::vector<int64_t>> shapes;
  for (size_t k = 1; k < session.GetInputCount(); ++k) {
    in.push_back(session.GetInputNameAllocated(k, allocator).get());
    out.push_back(in.back() + ".next");
    shapes.push_back(session.GetInputTypeInfo(k).GetTensorTypeAndShapeInfo().GetShape());
    size_t count = 1;
    for (const auto each : shapes.back()) count *= static_cast<size_t>(each);
    state.emplace_back(count, 0.0f);
  }
  std::vector<const char*> inputs, outputs;
  for (const auto& each : in) inputs.push_back(each.c_str());
  for (const auto& each : out) outputs.push_back(each.c_str());

  const std::vector<int64_t> shape{1, stride, bands};
  const size_t step = static_cast<size_t>(stride * bands);
  for (size_t begin = 0; begin + step <= frames.size(); begin += step) {
    std::vector<Ort::Value> given;
    given.push_back(Ort::Value::CreateTensor<float>(memory, frames.data() + begin, step, shape.data(), 3));
    for (size_t k = 0; k < state.size(); ++k)
      given.push_back(Ort::Value::CreateTensor<float>(
          memory, state[k].data(), state[k].size(), shapes[k].data(), shapes[k].size()));
    auto found = session.Run(Ort::RunOptions{nullptr}, inputs.data(), given.data(), given.size(), outputs.data(),
                             outputs.size());
    for (size_t k = 0; k < state.size(); ++k) {
      const float* next = found[k + 1].GetTensorData<float>();
      state[k].assign(next, next + state[k].size());
    }
    const float* logits = found[0].GetTensorData<float>();
    const size_t classes = found[0].GetTensorTypeAndShapeInfo().GetElementCount();
    for (size_t k = 0; k < classes; ++k) std::printf(k + 1 < classes ? "%.6f " : "%.6f\n", logits[k]);
  }
}
