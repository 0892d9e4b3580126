// A file like this lets live_private.go declare functions without bodies.
