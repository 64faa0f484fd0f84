//! Tables in: attributes, divisions, links declared by hand, mergers, derogations.
