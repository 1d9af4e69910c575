"""x"""

from edge_agent.model.seams import Marks
from edge_drivers.session import Session


async def read_stored(session: Session, device: str, marks: Marks) -> None:
    """."""
