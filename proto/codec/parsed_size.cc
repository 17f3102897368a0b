#include "proto/codec/parsed_size.h"

#include <fmt/format.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/message.h>
#include <google/protobuf/wire_format_lite.h>

#include <algorithm>

namespace hpsearch::codec {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::internal::WireFormatLite;

constexpr int kMostLevels = 101;  // protobuf's own bound, and the message itself

// Of the allocator, for one thing that lies on the heap.
constexpr std::size_t kHeap = 16;
// The first array of a list, of four places and its head.
constexpr std::size_t kList = 40 + kHeap;
// A place in a list, which doubles: up to two, and the one that it moves from.
constexpr std::size_t kPlace = 3 * sizeof(void*);
constexpr std::size_t kString = 32 + kHeap;
constexpr std::size_t kInString = 15;  // bytes for which it needs no heap
// A field that the type does not have: its place in a list that doubles, and at worst it has the list to itself.
constexpr std::size_t kStray = 48 + kList;

std::size_t OfText(std::size_t size) { return kString + (size > kInString ? size + 1 + kHeap : 0); }

}  // namespace

ParsedSize::ParsedSize(const Descriptor* type) : root_(Add(type)) {}

const ParsedSize::Type* ParsedSize::Add(const Descriptor* type) {
  const auto [at, added] = types_.try_emplace(type);
  Type& of = at->second;  // stays where it is
  if (!added) return &of;
  const auto* prototype = google::protobuf::MessageFactory::generated_factory()->GetPrototype(type);
  of.object = prototype->SpaceUsedLong() + kHeap;
  for (int i = 0; i < type->field_count(); ++i) {
    const FieldDescriptor* field = type->field(i);
    const auto wire_type =
        WireFormatLite::WireTypeForFieldType(static_cast<WireFormatLite::FieldType>(field->type()));
    Field known{.kind = Field::Kind::kScalar, .wire_type = wire_type, .repeated = field->is_repeated()};
    switch (field->cpp_type()) {
      case FieldDescriptor::CPPTYPE_MESSAGE:
        known.kind = Field::Kind::kMessage;
        known.type = Add(field->message_type());
        break;
      case FieldDescriptor::CPPTYPE_STRING:
        known.kind = Field::Kind::kText;
        break;
      default:
        if (!field->is_repeated()) break;
        known.kind = Field::Kind::kList;
        known.element = wire_type == WireFormatLite::WIRETYPE_FIXED64   ? 8
                        : wire_type == WireFormatLite::WIRETYPE_FIXED32 ? 4
                                                                        : 1;
    }
    if (field->is_repeated()) of.object += kList;
    const auto number = static_cast<std::size_t>(field->number());
    of.fields.resize(std::max(of.fields.size(), number + 1));
    of.fields[number] = known;
  }
  return &of;
}

class ParsedSize::Walk {
 public:
  Walk(google::protobuf::io::ZeroCopyInputStream* bytes, std::size_t most) : in_(bytes), most_(most) {}

  std::size_t size() const { return size_; }
  bool over() const { return size_ > most_; }

  // To the end of the message, which is a limit or the end of the bytes; false: there is none, or it is over. The
  // same of all that follows.
  bool Message(const Type& type, int levels) {
    if (levels == 0 || !Count(type.object)) return false;
    while (const std::uint32_t tag = in_.ReadTag()) {
      if (!Next(type, tag, levels)) return false;
    }
    return in_.ConsumedEntireMessage();
  }

 private:
  static const Field* FieldOf(const Type& type, std::uint32_t tag) {
    const auto number = static_cast<std::size_t>(WireFormatLite::GetTagFieldNumber(tag));
    if (number >= type.fields.size() || type.fields[number].kind == Field::Kind::kUnknown) return nullptr;
    return &type.fields[number];
  }

  bool Next(const Type& type, std::uint32_t tag, int levels) {
    const Field* field = FieldOf(type, tag);
    const WireFormatLite::WireType wire_type = WireFormatLite::GetTagWireType(tag);
    if (field == nullptr) return Stray(tag, levels);
    if (field->kind == Field::Kind::kList && wire_type == WireFormatLite::WIRETYPE_LENGTH_DELIMITED) {
      int size = 0;
      return in_.ReadVarintSizeAsInt(&size) && Count(static_cast<std::size_t>(size) / field->element * kPlace) &&
             in_.Skip(size);
    }
    if (wire_type != field->wire_type) return Stray(tag, levels);
    if (field->repeated && !Count(kPlace)) return false;
    switch (field->kind) {
      case Field::Kind::kMessage:
        return Nested(*field->type, levels);
      case Field::Kind::kText:
        return Text();
      default:
        return Skip(wire_type);
    }
  }

  bool Nested(const Type& type, int levels) {
    int size = 0;
    if (!in_.ReadVarintSizeAsInt(&size)) return false;
    if (const int left = in_.BytesUntilLimit(); left >= 0 && size > left) return false;
    const auto outer = in_.PushLimit(size);
    if (!Message(type, levels - 1)) return false;
    in_.PopLimit(outer);
    return true;
  }

  bool Text() {
    int size = 0;
    return in_.ReadVarintSizeAsInt(&size) && Count(OfText(static_cast<std::size_t>(size))) && in_.Skip(size);
  }

  bool Skip(WireFormatLite::WireType wire_type) {
    std::uint64_t value = 0;
    switch (wire_type) {
      case WireFormatLite::WIRETYPE_VARINT:
        return in_.ReadVarint64(&value);
      case WireFormatLite::WIRETYPE_FIXED64:
        return in_.Skip(8);
      case WireFormatLite::WIRETYPE_FIXED32:
        return in_.Skip(4);
      default:
        return false;
    }
  }

  bool Stray(std::uint32_t tag, int levels) {
    if (levels == 0 || !Count(kStray)) return false;
    switch (WireFormatLite::GetTagWireType(tag)) {
      case WireFormatLite::WIRETYPE_LENGTH_DELIMITED:
        return Text();
      case WireFormatLite::WIRETYPE_START_GROUP:
        return Group(WireFormatLite::GetTagFieldNumber(tag), levels);
      default:
        return Skip(WireFormatLite::GetTagWireType(tag));
    }
  }

  bool Group(int number, int levels) {
    const std::uint32_t end = WireFormatLite::MakeTag(number, WireFormatLite::WIRETYPE_END_GROUP);
    while (const std::uint32_t tag = in_.ReadTag()) {
      if (tag == end) return true;
      if (!Stray(tag, levels - 1)) return false;
    }
    return false;
  }

  bool Count(std::size_t more) {
    size_ += more;
    return !over();
  }

  google::protobuf::io::CodedInputStream in_;
  const std::size_t most_;
  std::size_t size_ = 0;
};

absl::StatusOr<std::size_t> ParsedSize::Of(google::protobuf::io::ZeroCopyInputStream* bytes,
                                           std::size_t most) const {
  Walk walk(bytes, most);
  const bool whole = walk.Message(*root_, kMostLevels);
  if (walk.over()) {
    return absl::ResourceExhaustedError(fmt::format(
        "the message would take more than {} MiB of memory once it is parsed; send less at once", most >> 20));
  }
  if (!whole) return absl::InvalidArgumentError("the bytes are no such message");
  return walk.size();
}

}  // namespace hpsearch::codec
