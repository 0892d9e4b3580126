package scenarios

import "clustersim/model"

func (s *Scenario) Lint() model.Problems { return nil }
