"""Plain numpy twin of the minimum dose: a fixed grid of surface points, no table, no refinement."""

import numpy as np
from scipy.special import erf


def surface_points(count: int) -> np.ndarray:
    """Unit vectors of a Fibonacci spiral, shape (count, 3)."""
    index = np.arange(count) + 0.5
    height = 1.0 - 2.0 * index / count
    turn = np.pi * (1.0 + np.sqrt(5.0)) * index
    ring = np.sqrt(1.0 - height**2)
    return np.column_stack([ring * np.cos(turn), ring * np.sin(turn), height])


def ball_dose(distance: np.ndarray, field_radius: float, blur: float) -> np.ndarray:
    """Blurred-ball dose, written out from the convolution integral."""
    near, far = (field_radius - distance) / blur, (field_radius + distance) / blur
    edges = 0.5 * (erf(near / np.sqrt(2)) + erf(far / np.sqrt(2)))
    return edges - blur / (distance * np.sqrt(2 * np.pi)) * (
        np.exp(-(near**2) / 2) - np.exp(-(far**2) / 2)
    )


def minimum_doses_on_grid(
    shifts: np.ndarray, ctv_radius: float, field_radius: float, blur: float, points: int = 500
) -> np.ndarray:
    """Least dose over fixed surface points of every patient; shifts (patients, fractions, 3)."""
    surface = ctv_radius * surface_points(points)
    doses = np.empty(len(shifts))
    for patient, course in enumerate(shifts):
        distance = np.linalg.norm(surface[:, np.newaxis, :] + course[np.newaxis, :, :], axis=2)
        doses[patient] = ball_dose(distance, field_radius, blur).mean(axis=1).min()
    return doses
