#include "server/search/round.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <limits>
#include <numeric>
#include <utility>

namespace hpsearch::search {

static_assert(Refinement::kMaxAround <= static_cast<std::int64_t>(BoxSequence::kMaxBoxes), "a box each centre");

namespace {

// A place of a range is a multiple of 2^-32: so fine a step of its refinement is left, at most.
constexpr std::int64_t kMostOfRange = std::int64_t{1} << 29;

constexpr char kNotExact[] = "the last round's places do not fit 63 bits; fewer rounds do";

__extension__ using Wide = __int128;

Wide CommonDivisor(Wide a, Wide b) {
  while (b != 0) a = std::exchange(b, a % b);
  return a < 0 ? -a : a;
}

// In lowest terms; nullopt: they do not fit 63 bits. Requires: denominator > 0.
std::optional<Place> PlaceAt(Wide numerator, Wide denominator) {
  constexpr Wide kMost = std::numeric_limits<std::int64_t>::max();
  const Wide common = CommonDivisor(numerator, denominator);
  numerator /= common;
  denominator /= common;
  if (numerator > kMost || numerator < -kMost || denominator > kMost) return std::nullopt;
  return LatticePlace(static_cast<std::int64_t>(numerator), static_cast<std::int64_t>(denominator));
}

}  // namespace

std::int64_t Round::points() const {
  if (drawn_) return drawn_->size();
  return grid_ ? *grid_->size() : boxes_.size();
}

std::int64_t Round::size() const { return cut_.value_or(points() * replicates_); }

Point Round::At(std::int64_t index) const {
  index /= replicates_;
  if (drawn_) return drawn_->At(index);
  return grid_ ? grid_->At(order_ ? order_->At(index) : index) : boxes_.At(index);
}

std::optional<std::int64_t> Round::IndexOf(const Point& point, std::int64_t limit, std::int64_t replicate) const {
  const std::int64_t before = limit <= replicate ? 0 : (limit - replicate - 1) / replicates_ + 1;  // points
  std::optional<std::int64_t> index;
  if (drawn_) {
    index = drawn_->FirstOf(point, before);
  } else {
    index = grid_ ? grid_->IndexOf(point) : boxes_.IndexOf(point);
    if (index && order_) index = order_->Find(*index);
  }
  if (!index || *index >= before) return std::nullopt;
  return *index * replicates_ + replicate;
}

absl::StatusOr<Rounds> Rounds::Open(const SearchSpace& space, const Search& search, std::int64_t seed) {
  const std::optional<Step> last = search.refine ? search.refine->StepAfter(search.refine->rounds - 1) : Step();
  if (!last) return absl::OutOfRangeError(kNotExact);
  if (!MostTrials(space, search)) {
    return absl::OutOfRangeError("all rounds together have more trials than fit 63 bits");
  }
  Rounds rounds(space, search);
  Round& first = rounds.rounds_.emplace_back();
  first.replicates_ = search.replicates;
  if (search.sampling) {
    first.drawn_ = std::make_shared<DrawnPoints>(space, search, seed);
    if (search.refine && !rounds.IsExact(*last)) return absl::OutOfRangeError(kNotExact);
    return rounds;
  }
  first.grid_ = std::make_shared<const Grid>(space);
  if (search.order == Search::Order::kSpread) {
    // What conditions leave of a grid is no product: its points are spread by their numbers alone.
    std::vector<std::int64_t> sizes;
    if (space.conditional()) {
      sizes.push_back(*first.grid_->size());
    } else {
      for (const Parameter& parameter : space.parameters()) sizes.push_back(std::ssize(parameter.places()));
    }
    first.order_ = std::make_shared<strategy::SpreadOrder>(sizes);
  }
  return rounds;
}

bool Rounds::last() const {
  return !search_.refine || static_cast<std::int64_t>(rounds_.size()) >= search_.refine->rounds;
}

void Rounds::Refine(const std::vector<std::int64_t>& centres) {
  assert(!last() && !centres.empty());
  std::vector<Point> points;
  for (const std::int64_t trial : CentresAmong(centres)) points.push_back(PointOf(trial));
  rounds_.push_back(*About(std::move(points), *search_.refine));
}

absl::Status Rounds::RefineByHand(const std::vector<Point>& points, std::optional<std::int64_t> num,
                                  std::int64_t ended) {
  assert(!points.empty() && 0 <= ended && ended <= current().known());
  Refinement refinement = search_.refine.value_or(Refinement());
  if (num) refinement.num = *num;
  std::optional<Round> next = About(points, refinement);
  if (!next) {
    return absl::OutOfRangeError(fmt::format(
        "places of a round {} round that point would be finer than is exact, or too many; a point of an "
        "earlier round, or a smaller num, is wanted",
        current().number() + 1));
  }
  next->first_trial_ = current().first_trial() + ended;
  std::int64_t last = 0;
  if (__builtin_add_overflow(next->first_trial_, next->size() - 1, &last)) {
    return absl::OutOfRangeError(fmt::format("round {} would have more trials than fit 63 bits", next->number()));
  }
  if (ended < current().size()) rounds_.back().cut_ = ended;
  rounds_.push_back(*std::move(next));
  return absl::OkStatus();
}

std::optional<Round> Rounds::About(std::vector<Point> points, const Refinement& refinement) const {
  Round next;
  next.number_ = current().number_ + 1;
  next.first_trial_ = current().last_trial() + 1;
  next.replicates_ = search_.replicates;
  std::vector<Box> boxes;
  std::int64_t trials = 0;
  for (const Point& centre : points) {
    const std::optional<Step> step = refinement.Next(StepAt(centre));
    if (!step || !IsExact(*step)) return std::nullopt;
    std::optional<Box> box = Around(centre, *step, refinement.num);
    std::optional<std::int64_t> size = box ? box->Size() : std::nullopt;
    if (size) size = CheckedProduct(*size, next.replicates_);
    if (!size || __builtin_add_overflow(trials, *size, &trials)) return std::nullopt;
    next.steps_.push_back(*step);
    boxes.push_back(*std::move(box));
  }
  next.boxes_ = BoxSequence(std::move(boxes));
  next.centres_ = std::move(points);
  return next;
}

std::vector<std::int64_t> Rounds::CentresAmong(const std::vector<std::int64_t>& trials) const {
  std::vector<std::int64_t> centres;
  std::vector<Point> points;
  for (const std::int64_t trial : trials) {
    if (std::ssize(points) == search_.refine.value_or(Refinement()).around) break;
    Point point = PointOf(trial);
    if (std::find(points.begin(), points.end(), point) != points.end()) continue;
    points.push_back(std::move(point));
    centres.push_back(trial);
  }
  return centres;
}

Step Rounds::StepAt(const Point& point) const {
  Step finest;
  for (const Round& round : rounds_) {
    for (std::size_t b = 0; b < round.steps_.size(); ++b) {
      if (round.steps_[b].FinerThan(finest) && round.boxes()[b].IndexOf(point)) finest = round.steps_[b];
    }
  }
  return finest;
}

std::int64_t Rounds::finest() const {
  std::int64_t finest = 1;
  for (const Round& round : rounds_) {
    for (const Step& step : round.steps_) {
      const Wide common = static_cast<Wide>(finest) / std::gcd(finest, step.denominator) * step.denominator;
      if (common <= Refinement::kMaxDivisor) finest = static_cast<std::int64_t>(common);
    }
  }
  return finest;
}

// Next has seen to the axes with a grid.
bool Rounds::IsExact(const Step& step) const {
  const std::shared_ptr<DrawnPoints>& drawn = rounds_.front().drawn_;
  return drawn == nullptr || step.denominator <= kMostOfRange / drawn->divisions();
}

std::optional<Box> Rounds::Around(const Point& centre, const Step& step, std::int64_t num) const {
  Box box;
  for (std::size_t axis = 0; axis < centre.size(); ++axis) {
    const Parameter& parameter = space_->parameters()[axis];
    const Place& middle = centre[axis];
    std::optional<std::vector<Place>> places = std::vector<Place>();
    if (parameter.refinable() && !middle.listed) places = Window(parameter, middle, step, num);
    if (!places) return std::nullopt;
    if (places->empty()) places->push_back(middle);
    box.axes.push_back(*std::move(places));
  }
  return box;
}

// Of a grid centre and steps are fractions of at most 2^40 each, and what is fine enough for both of at most 2^80
// (of one section's rounds, 2^40); a range's places are multiples of 2^-32 and of a step of 2^-29.
std::optional<std::vector<Place>> Rounds::Window(const Parameter& parameter, const Place& middle, const Step& step,
                                                 std::int64_t num) const {
  const std::int64_t half = (num - 1) / 2;
  // The first step of a grid is its lattice's; of a range the spacing of the points that were drawn.
  const Wide unit =
      static_cast<Wide>(step.denominator) * (parameter.gridded() ? 1 : rounds_.front().drawn_->divisions());
  const Wide whole = unit / CommonDivisor(unit, middle.denominator) * middle.denominator;
  const Wide at = middle.numerator * (whole / middle.denominator);
  const Wide by = step.numerator * (whole / unit);
  std::vector<Place> places;
  for (std::int64_t offset = -half; offset <= half; ++offset) {
    const Wide numerator = at + offset * by;
    if (!parameter.gridded() && (numerator < 0 || numerator > whole)) continue;
    const std::optional<Place> place = PlaceAt(numerator, whole);
    if (!place) return std::nullopt;
    if (parameter.Allows(*place)) places.push_back(*place);
  }
  return places;
}

const Round& Rounds::RoundOf(std::int64_t trial) const {
  assert(1 <= trial && trial <= trials());
  const auto after = std::upper_bound(rounds_.begin(), rounds_.end(), trial,
                                      [](std::int64_t t, const Round& round) { return t < round.first_trial(); });
  return *std::prev(after);
}

Point Rounds::PointOf(std::int64_t trial) const {
  const Round& round = RoundOf(trial);
  return round.At(trial - round.first_trial());
}

std::int64_t Rounds::ReplicateOf(std::int64_t trial) const {
  const Round& round = RoundOf(trial);
  return round.ReplicateAt(trial - round.first_trial());
}

std::vector<std::int64_t> Rounds::EarlierEqual(std::int64_t trial) const {
  const Round& own = RoundOf(trial);
  const Point point = PointOf(trial);
  const std::int64_t replicate = ReplicateOf(trial);
  std::vector<std::int64_t> equal;
  for (const Round& round : rounds_) {
    const bool last = round.number() == own.number();
    const std::optional<std::int64_t> index =
        round.IndexOf(point, last ? trial - round.first_trial() : round.known(), replicate);
    if (index) equal.push_back(round.first_trial() + *index);
    if (last) break;
  }
  return equal;
}

std::optional<std::int64_t> MostTrials(const SearchSpace& space, const Search& search) {
  const std::optional<std::int64_t> grid = search.sampling ? search.sampling->trials : Grid(space).size();
  std::optional<std::int64_t> box = 1;
  for (const Parameter& parameter : space.parameters()) {
    if (box && search.refine && parameter.refinable()) box = CheckedProduct(*box, search.refine->num);
  }
  if (!grid) return std::nullopt;
  if (!search.refine || search.refine->rounds == 1) return CheckedProduct(*grid, search.replicates);
  if (box) box = CheckedProduct(*box, search.refine->around);
  if (box) box = CheckedProduct(*box, search.refine->rounds - 1);
  std::int64_t sum = 0;
  if (!box || __builtin_add_overflow(*grid, *box, &sum)) return std::nullopt;
  return CheckedProduct(sum, search.replicates);
}

}  // namespace hpsearch::search
