"""From memory bandwidth to dollars: roofline, step time, occupancy under load, replicas and cost."""
