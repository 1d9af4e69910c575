"""Who answers what a technician asks: the running agent, or the store alone; and the doctor."""
