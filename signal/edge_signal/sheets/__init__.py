"""Pictures for doctors: ECG sheets and trends, drawn in millimetres, as SVG and PDF."""
