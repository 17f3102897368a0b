#include "server/search/round.h"

#include <algorithm>
#include <cassert>
#include <numeric>

#include "absl/status/status.h"

namespace hpsearch::search {

static_assert(Refinement::kMaxAround <= static_cast<std::int64_t>(BoxSequence::kMaxBoxes), "a box each centre");

namespace {

// A place of a range is a multiple of 2^-32: so fine a step of its refinement is left, at most.
constexpr std::int64_t kMostOfRange = std::int64_t{1} << 29;

}  // namespace

std::int64_t Round::size() const {
  if (drawn_) return drawn_->size();
  return grid_ ? *grid_->size() : boxes_.size();
}

Point Round::At(std::int64_t index) const {
  if (drawn_) return drawn_->At(index);
  return grid_ ? grid_->At(order_ ? order_->At(index) : index) : boxes_.At(index);
}

std::optional<std::int64_t> Round::IndexOf(const Point& point, std::int64_t limit) const {
  if (drawn_) return drawn_->FirstOf(point, limit);
  std::optional<std::int64_t> index = grid_ ? grid_->IndexOf(point) : boxes_.IndexOf(point);
  if (index && order_) index = order_->Find(*index);
  return index && *index < limit ? index : std::nullopt;
}

absl::StatusOr<Rounds> Rounds::Open(const SearchSpace& space, const Search& search, std::int64_t seed) {
  if (search.refine && !search.refine->Divided(search.refine->rounds - 1)) {
    return absl::OutOfRangeError("the last round's places do not fit 63 bits; fewer rounds do");
  }
  if (!MostTrials(space, search)) {
    return absl::OutOfRangeError("all rounds together have more trials than fit 63 bits");
  }
  Rounds rounds(space, search);
  Round& first = rounds.rounds_.emplace_back();
  if (search.sampling) {
    first.drawn_ = std::make_shared<DrawnPoints>(space, search, seed);
    if (search.refine &&
        *search.refine->Divided(search.refine->rounds - 1) > kMostOfRange / first.drawn_->divisions()) {
      return absl::OutOfRangeError("the last round's places do not fit 63 bits; fewer rounds do");
    }
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
  Round next;
  next.number_ = current().number_ + 1;
  next.first_trial_ = current().last_trial() + 1;
  std::vector<Box> boxes;
  for (const Point& centre : points) {
    next.divisions_.push_back(DivisionsAt(centre) + 1);
    boxes.push_back(Around(centre, next.divisions_.back()));
  }
  next.boxes_ = BoxSequence(std::move(boxes));
  next.centres_ = std::move(points);
  rounds_.push_back(std::move(next));
}

std::vector<std::int64_t> Rounds::CentresAmong(const std::vector<std::int64_t>& trials) const {
  std::vector<std::int64_t> centres;
  std::vector<Point> points;
  for (const std::int64_t trial : trials) {
    if (static_cast<std::int64_t>(points.size()) == search_.refine->around) break;
    Point point = PointOf(trial);
    if (std::find(points.begin(), points.end(), point) != points.end()) continue;
    points.push_back(std::move(point));
    centres.push_back(trial);
  }
  return centres;
}

int Rounds::DivisionsAt(const Point& point) const {
  int most = 0;
  for (const Round& round : rounds_) {
    for (std::size_t b = 0; b < round.divisions_.size(); ++b) {
      if (round.divisions_[b] > most && round.boxes_.boxes()[b].IndexOf(point)) most = round.divisions_[b];
    }
  }
  return most;
}

Box Rounds::Around(const Point& centre, int divisions) const {
  const std::int64_t unit = *search_.refine->Divided(divisions);  // the new step fits the first so many times
  Box box;
  for (std::size_t axis = 0; axis < centre.size(); ++axis) {
    const Parameter& parameter = space_->parameters()[axis];
    const Place& middle = centre[axis];
    std::vector<Place> places;
    if (parameter.refinable() && !middle.listed) places = Window(parameter, middle, unit);
    if (places.empty()) places.push_back(middle);
    box.axes.push_back(std::move(places));
  }
  return box;
}

std::vector<Place> Rounds::Window(const Parameter& parameter, const Place& middle, std::int64_t unit) const {
  const std::int64_t half = search_.refine->divisor();  // the new step fits the old so many times
  // The first step of a grid is its lattice's; of a range the spacing of the points that were drawn.
  if (!parameter.gridded()) unit *= rounds_.front().drawn_->divisions();
  // In fractions of this size centre and steps are whole. Of a grid they are the step's own, and a window reaches
  // less than two first steps beyond it in all, so that this stays below 2^20 * 2^40; of a range at most 2^61.
  const std::int64_t whole = std::lcm(unit, middle.denominator);
  const std::int64_t at = middle.numerator * (whole / middle.denominator);
  std::vector<Place> places;
  for (std::int64_t offset = -half; offset <= half; ++offset) {
    const Place place = LatticePlace(at + offset * (whole / unit), whole);
    if (parameter.Allows(place)) places.push_back(place);
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

std::vector<std::int64_t> Rounds::EarlierEqual(std::int64_t trial) const {
  const Round& own = RoundOf(trial);
  const Point point = PointOf(trial);
  std::vector<std::int64_t> equal;
  for (const Round& round : rounds_) {
    const bool last = round.number() == own.number();
    const std::optional<std::int64_t> index =
        last ? round.IndexOf(point, trial - round.first_trial()) : round.IndexOf(point);
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
  if (!grid || !search.refine || search.refine->rounds == 1) return grid;
  if (box) box = CheckedProduct(*box, search.refine->around);
  if (box) box = CheckedProduct(*box, search.refine->rounds - 1);
  std::int64_t sum = 0;
  if (!box || __builtin_add_overflow(*grid, *box, &sum)) return std::nullopt;
  return sum;
}

}  // namespace hpsearch::search
