"""A simulated B2B software company: every table of the data contract, and the truth behind it."""

from features.simulator.company import simulate
from features.simulator.plan import CompanyPlan, PlanError, Simulation
from features.simulator.truth import best_achievable

__all__ = ["CompanyPlan", "PlanError", "Simulation", "best_achievable", "simulate"]
