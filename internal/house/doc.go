// Package house holds the rules of this repository as functions, and its tests
// apply them to the tree: who may import whom, which modules the root module
// needs, what lies at the top level, and what no source file may do.
//
// Each rule takes a description of packages or files and returns its
// complaints, so that a test can feed it a tree that breaks it and see it speak.
//
// A new package needs a row in [importTable], a new dependency a line in
// testdata/dependencies.golden: both are decisions, and reviewed as such.
package house
