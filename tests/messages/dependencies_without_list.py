from pronghorn import APIRouter, Depends


def get_user() -> str:
    return "Ann"


router = APIRouter(dependencies=Depends(get_user))
