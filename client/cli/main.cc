#include "client/cli/app.h"

int main(int argc, char** argv) { return hpsearch::cli::App().Run(argc, argv); }
