// How a trained network does on the test set. Plain values; no errors.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace hpsearch::train {

// What was taken for what: a row a class, a column an output that the network may choose. A softmax may have more
// outputs than there are classes; a single sigmoid unit chooses between two.
class Confusion {
 public:
  Confusion() = default;
  Confusion(std::int64_t classes, std::int64_t outputs);

  // One sample: its class, and the logits. Ties go to the lower class, as in numpy's argmax.
  void Add(std::int64_t label, std::span<const float> logits);

  std::int64_t classes() const { return static_cast<std::int64_t>(counts_.size()); }
  // counts()[label][choice]
  const std::vector<std::vector<std::int64_t>>& counts() const { return counts_; }
  // Of those that were taken for the class, the fraction that are of it; NaN: none was.
  double Precision(std::int64_t label) const;
  // Of those of the class, the fraction that were taken for it; NaN: there are none.
  double Recall(std::int64_t label) const;

 private:
  std::vector<std::vector<std::int64_t>> counts_;
};

struct Evaluation {
  std::int64_t rows = 0;
  double loss = 0;   // mean, with the penalties on weights in it
  double error = 0;  // fraction misclassified; NaN in a regression
  // What the classes are in the data: names, and numbers where they are some.
  std::vector<std::string> class_names;
  std::vector<std::int64_t> class_values;
  Confusion confusion;          // of a regression: none
  std::vector<double> metrics;  // of training.metrics, in its order
};

}  // namespace hpsearch::train
