module spikelet

go 1.19
