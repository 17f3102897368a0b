// Random study documents in the form in which the codec gives them back: keys in the order of the messages'
// fields, nothing null, no shorthand. They spell every kind of message; they need not make sense as studies.
#pragma once

#include <rapidcheck.h>

#include <initializer_list>
#include <string>

#include "server/model/document.h"

namespace hpsearch::testing {

inline model::Node AnyText() {
  // "$name" is a reference and "$$..." a literal; both come often.
  const auto word =
      *rc::gen::nonEmpty(rc::gen::container<std::string>(rc::gen::inRange('a', static_cast<char>('z' + 1))));
  const auto prefix = *rc::gen::element<std::string>("", "", "$", "$$", "$$$");
  return model::Node(prefix + word);
}

inline model::Node AnyInteger() { return model::Node(*rc::gen::arbitrary<std::int64_t>()); }

// Zeros, of either sign, among them: they are values, not absences.
inline model::Node AnyNumber() {
  return model::Node(*rc::gen::oneOf(rc::gen::arbitrary<double>(), rc::gen::element(0.0, -0.0, 1e-300)));
}

inline model::Node AnyBoolean() { return model::Node(*rc::gen::arbitrary<bool>()); }

inline model::Node AnyScalar() {
  switch (*rc::gen::inRange(0, 5)) {
    case 0:
      return AnyText();
    case 1:
      return AnyInteger();
    case 2:
      return AnyNumber();
    case 3:
      return AnyBoolean();
    default:
      return model::Node();
  }
}

// By name or index.
inline model::Node AnyColumn() { return *rc::gen::arbitrary<bool>() ? AnyText() : AnyInteger(); }

// The literal, a reference, or a switch between both.
inline model::Node OrReference(model::Node literal) {
  switch (*rc::gen::weightedElement<int>({{6, 0}, {2, 1}, {1, 2}})) {
    case 0:
      return literal;
    case 1:
      return model::Node("$some_parameter");
    default:
      return model::Node::Mapping{
          {"switch", "$chooses"},
          {"b", literal},
          {"a", model::Node::Sequence{model::Node::Mapping{{"key", model::Node()}}, "$some_parameter"}}};
  }
}

// A mapping of a random part of these keys.
class AnyMapping {
 public:
  AnyMapping& Maybe(const char* key, const model::Node& value) {
    if (*rc::gen::arbitrary<bool>()) mapping_.push_back({key, value});
    return *this;
  }
  AnyMapping& Always(const char* key, const model::Node& value) {
    mapping_.push_back({key, value});
    return *this;
  }
  operator model::Node() const { return model::Node(mapping_); }  // NOLINT: a builder's end

 private:
  model::Node::Mapping mapping_;
};

// A mapping of a random part of these keys, each with a number.
inline model::Node AnyNumbers(std::initializer_list<const char*> keys) {
  AnyMapping mapping;
  for (const char* key : keys) mapping.Maybe(key, OrReference(AnyNumber()));
  return mapping;
}

// One or more names: an empty list says as little as one that is not there.
inline model::Node AnyTexts() {
  model::Node::Sequence texts;
  for (int more = *rc::gen::inRange(1, 4); more > 0; --more) texts.push_back(AnyText());
  return model::Node(texts);
}

inline model::Node AnyLayer() {
  switch (*rc::gen::inRange(0, 7)) {
    case 0:
      return AnyMapping().Always("dense", AnyMapping()
                                              .Maybe("name", AnyText())
                                              .Maybe("input", AnyText())
                                              .Maybe("units", OrReference(AnyInteger()))
                                              .Maybe("activation", AnyText())
                                              .Maybe("use_bias", OrReference(AnyBoolean()))
                                              .Maybe("kernel_initializer", AnyText())
                                              .Maybe("bias_initializer", AnyText())
                                              .Maybe("max_norm", OrReference(AnyNumber()))
                                              .Maybe("kernel_regularizer", AnyNumbers({"l1", "l2"}))
                                              .Maybe("trainable", OrReference(AnyBoolean()))
                                              .Maybe("learning_rate_factor", OrReference(AnyNumber())));
    case 4:
      return AnyMapping().Always("conv2d", AnyMapping()
                                               .Maybe("filters", OrReference(AnyInteger()))
                                               .Maybe("padding", AnyText())
                                               .Maybe("groups", OrReference(AnyInteger()))
                                               .Maybe("max_norm", OrReference(AnyNumber()))
                                               .Maybe("kernel_regularizer", AnyNumbers({"l1", "l2"}))
                                               .Maybe("trainable", OrReference(AnyBoolean())));
    case 5:
      return AnyMapping().Always(*rc::gen::arbitrary<bool>() ? "add" : "concatenate",
                                 AnyMapping().Maybe("name", AnyText()).Maybe("inputs", AnyTexts()));
    case 6:
      return AnyMapping().Always(
          "reshape", AnyMapping()
                         .Maybe("name", AnyText())
                         .Maybe("input", AnyText())
                         .Maybe("target_shape", model::Node::Sequence{AnyInteger(), OrReference(AnyInteger())}));
    case 1:
      return AnyMapping().Always("dropout",
                                 AnyMapping().Maybe("name", AnyText()).Maybe("rate", OrReference(AnyNumber())));
    case 2:
      return AnyMapping().Always("activation",
                                 AnyMapping().Maybe("name", AnyText()).Maybe("activation", AnyText()));
    default:
      return AnyMapping().Always("flatten", AnyMapping().Maybe("name", AnyText()));
  }
}

inline model::Node AnyOptimizer() {
  switch (*rc::gen::inRange(0, 5)) {
    case 0:
      return AnyMapping().Always(
          "adam", AnyNumbers({"learning_rate", "beta_1", "beta_2", "epsilon", "clipnorm", "global_clipnorm"}));
    case 1:
      return AnyMapping().Always("adamw", AnyNumbers({"learning_rate", "weight_decay", "beta_1", "clipvalue"}));
    case 2:
      return AnyMapping().Always("adadelta", AnyNumbers({"learning_rate", "rho", "epsilon", "clipnorm"}));
    case 3:
      return AnyMapping().Always(
          "rmsprop",
          AnyMapping().Maybe("rho", OrReference(AnyNumber())).Maybe("centered", OrReference(AnyBoolean())));
    default:
      return AnyMapping().Always("sgd", AnyMapping()
                                            .Maybe("learning_rate", OrReference(AnyNumber()))
                                            .Maybe("momentum", OrReference(AnyNumber()))
                                            .Maybe("nesterov", OrReference(AnyBoolean()))
                                            .Maybe("clipnorm", OrReference(AnyNumber())));
  }
}

inline model::Node AnySchedule() {
  switch (*rc::gen::inRange(0, 6)) {
    case 0:
      return AnyMapping().Always("constant", AnyMapping());
    case 1:
      return AnyMapping().Always(
          "step",
          AnyMapping().Maybe("epochs", OrReference(AnyInteger())).Maybe("factor", OrReference(AnyNumber())));
    case 2:
      return AnyMapping().Always("exponential", AnyMapping()
                                                    .Maybe("decay_rate", OrReference(AnyNumber()))
                                                    .Maybe("decay_steps", OrReference(AnyInteger()))
                                                    .Maybe("staircase", OrReference(AnyBoolean())));
    case 3:
      return AnyMapping().Always("cosine", AnyMapping()
                                               .Maybe("epochs", OrReference(AnyInteger()))
                                               .Maybe("warmup_epochs", OrReference(AnyInteger()))
                                               .Maybe("final_factor", OrReference(AnyNumber())));
    case 4:
      return AnyMapping().Always("reduce_on_plateau", AnyMapping()
                                                          .Maybe("monitor", AnyText())
                                                          .Maybe("factor", OrReference(AnyNumber()))
                                                          .Maybe("patience", OrReference(AnyInteger())));
    default:
      return AnyMapping().Always("time_decay", AnyMapping().Maybe("rate", OrReference(AnyNumber())));
  }
}

inline model::Node AnyTraining() {
  return AnyMapping()
      .Maybe("epochs", OrReference(AnyInteger()))
      .Maybe("batch_size", OrReference(AnyInteger()))
      .Maybe("loss", AnyText())
      .Maybe("label_smoothing", OrReference(AnyNumber()))
      .Maybe("metrics", model::Node::Sequence{AnyText(), AnyText()})
      .Maybe("optimizer", AnyOptimizer())
      .Maybe("schedule", AnySchedule())
      .Maybe("validation_fraction", OrReference(AnyNumber()))
      .Maybe("validation_from", AnyText())
      .Maybe("precision", AnyText())
      .Maybe("threads", OrReference(AnyInteger()))
      .Maybe("instruction_set", AnyText());
}

template <class Make>
model::Node SequenceOf(Make make, int least = 1) {
  model::Node::Sequence sequence;
  for (int i = *rc::gen::inRange(least, 4); i > 0; --i) sequence.push_back(make());
  return model::Node(sequence);
}

inline model::Node AnyParameter() {
  const int kind = *rc::gen::inRange(0, 5);
  if (kind == 0) return AnyScalar();
  AnyMapping mapping;
  if (kind == 1) {
    mapping.Always("values", SequenceOf(AnyScalar, 0));
  } else {
    AnyMapping space;
    space.Maybe("start", AnyNumber()).Maybe("stop", AnyNumber()).Maybe("num", AnyInteger());
    space.Maybe("endpoint", AnyBoolean());
    if (kind == 3) space.Maybe("base", AnyNumber());
    mapping.Always(kind == 2 ? "linspace" : kind == 3 ? "logspace" : "geomspace", space);
  }
  mapping.Maybe("include", SequenceOf(AnyScalar)).Maybe("bounds", SequenceOf(AnyNumber));
  return mapping;
}

inline model::Node AnyParameters() {
  AnyMapping mapping;
  for (const char* name : {"z", "a", "some_parameter"}) mapping.Maybe(name, AnyParameter());
  return mapping.Always("last", AnyParameter());
}

inline model::Node AnyStudy() {
  return AnyMapping()
      .Always("study", model::Node("a-study"))
      .Maybe("dataset", AnyMapping()
                            .Maybe("name", AnyText())
                            .Maybe("path", AnyText())
                            .Maybe("classes", SequenceOf(AnyInteger))
                            .Maybe("target", AnyColumn())
                            .Maybe("header", OrReference(AnyBoolean()))
                            .Maybe("drop", SequenceOf(AnyColumn))
                            .Maybe("categorical", SequenceOf(AnyColumn))
                            .Maybe("normalize", AnyText())
                            .Maybe("test_fraction", OrReference(AnyNumber())))
      .Maybe("seed", AnyInteger())
      .Maybe("objective", AnyMapping().Maybe("metric", model::Node("")).Maybe("direction", model::Node("up")))
      .Maybe("model", SequenceOf(AnyLayer))
      .Maybe("training", AnyTraining())
      .Maybe("parameters", AnyParameters())
      .Maybe("search", AnyMapping()
                           .Maybe("grid", model::Node(model::Node::Mapping()))
                           .Maybe("refine", AnyMapping().Maybe("rounds", AnyInteger()).Maybe("num", AnyInteger())))
      .Maybe("limits", AnyMapping().Maybe("max_failed_trials", AnyInteger()).Maybe("max_seconds", AnyNumber()))
      .Maybe("weight", AnyNumber())
      .Maybe("priority", AnyInteger());
}

}  // namespace hpsearch::testing
