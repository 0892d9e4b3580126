package jetstream

import (
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// Server is a NATS server in this process.
type Server struct{ s *server.Server }

// Start starts a server that keeps its streams in a folder and listens on a free port of the loopback interface.
func Start(dir string) (*Server, error) {
	s, err := server.NewServer(&server.Options{
		ServerName: "simulate", Host: "127.0.0.1", Port: server.RANDOM_PORT, JetStream: true, StoreDir: dir, NoSigs: true, NoLog: true,
		DontListen: false, MaxPayload: 8 << 20,
	})
	if err != nil {
		return nil, fmt.Errorf("the sweep's queue: %w", err)
	}
	s.Start()
	if !s.ReadyForConnections(10 * time.Second) {
		s.Shutdown()
		return nil, errors.New("the sweep's queue did not start within 10 s")
	}
	return &Server{s}, nil
}

// URL is where clients find it.
func (s *Server) URL() string { return s.s.ClientURL() }

// Close ends it. What it keeps stays in its folder.
func (s *Server) Close() {
	s.s.Shutdown()
	s.s.WaitForShutdown()
}
