// Prints BitsOfEveryLoop of a program whose loops are compiled for plain x86-64 alone, whatever the processor has.
#include <cstdio>

#include "tests/worker/train/every_loop.h"

int main() { std::fputs(hpsearch::train::BitsOfEveryLoop().c_str(), stdout); }
