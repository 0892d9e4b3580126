// Package lesson holds the lessons on the life of a pod, in English and in Korean, and plays them: a text, a command with
// its real output, a question, and the output that answers it.
//
// A lesson holds no output. Whoever plays it runs its commands, so that what a learner sees is what the simulator does
// today; a test runs all of them and holds the answers against the outputs.
package lesson
